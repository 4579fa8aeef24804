//! A page load from its request to its response: what the tag says is settled when the request comes in.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use serde::Serialize;

use crate::{HotMiddleware, LogLevel, Options, body::ResponseBody, build::to_json};

use super::{PageLoad, Tag, plan, script_src};

/// The name of the client's entry module, under the stream's path.
const ENTRY: &str = "client.js";

/// A request that loads a page, as far as the tag needs it later.
#[derive(Debug)]
pub(crate) struct PageRequest {
    load: PageLoad,
    src: String,
    config: String,
    client_path: String,
}

/// Notes what the page will be made from, if this request loads one, and sees to it that the answer is a whole
/// page.
///
/// The hashes are those of now, before the app reads a single file: a page that is newer than its tag says
/// catches up with what it has already, where one that is older would miss a change.
pub(crate) fn request<B>(hot: &HotMiddleware, request: &mut Request<B>) -> Option<PageRequest> {
    let options = hot.options();
    if !options.inject || !options.enabled {
        return None;
    }
    let load = PageLoad::of(request.method(), request.headers())?;
    if hot.is_closed() {
        return None;
    }
    load.make_unconditional(request.headers_mut());
    let client_path = format!("{}/{ENTRY}", options.path);
    let src = match base_path(options, request) {
        Some(base) => format!("{base}{client_path}"),
        None => script_src(request.uri().path(), &client_path),
    };
    Some(PageRequest { load, src, config: config(hot), client_path })
}

/// What something in front of this layer has taken off the path, where that is known: by the options, or by the
/// path that axum received, which ends in the one that is left.
fn base_path<'a, B>(options: &'a Options, request: &'a Request<B>) -> Option<&'a str> {
    if let Some(base) = &options.base_path {
        return Some(base);
    }
    #[cfg(feature = "axum")]
    if let Some(axum::extract::OriginalUri(original)) = request.extensions().get() {
        let (original, path) = (original.path(), request.uri().path());
        // `nest("/app", …)` receives `/app` and hands on `/`.
        return original.strip_suffix(path).or((path == "/").then_some(original));
    }
    #[cfg(not(feature = "axum"))]
    let _ = request;
    None
}

/// What the tag tells the client.
fn config(hot: &HotMiddleware) -> String {
    #[derive(Serialize)]
    struct Config<'a> {
        path: &'a str,
        hashes: BTreeMap<&'a str, &'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        server: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        log: Option<&'static str>,
    }
    let bundles = hot.hub().latest();
    let log = hot.options().client_log;
    let config = Config {
        path: &hot.options().path,
        hashes: bundles.iter().filter_map(|latest| Some((latest.name(), latest.hash()?))).collect(),
        server: hot.server(),
        log: (log != LogLevel::Info).then(|| log.as_str()),
    };
    String::from_utf8(to_json(&config)).unwrap_or_default()
}

impl PageRequest {
    /// Puts the tag into the answer, if that is a page.
    pub(crate) fn inject<B: Body<Data = Bytes>>(self, response: Response<B>) -> Response<ResponseBody<B>> {
        let Self { load, src, config, client_path } = self;
        let (mut head, body) = response.into_parts();
        let tag = |nonce: Option<&str>| Tag::new(&src, &config, nonce);
        let body = match plan(load, &mut head, tag, &client_path, body.size_hint().exact()) {
            Some(injector) => ResponseBody::injected(body, injector),
            None => ResponseBody::inner(body),
        };
        Response::from_parts(head, body)
    }
}
