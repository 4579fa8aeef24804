//! A page load from its request to its response: what the tag says is settled when the request comes in.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use serde::Serialize;

use crate::{HotMiddleware, LogLevel, Options, body::ResponseBody, build::to_json, guard::Token};

use super::{
    PageLoad, Tag,
    inject::{is_html, plan},
    tag::script_src as relative,
};

/// The name of the client's entry module, under the stream's path. Pages load it by a tag of their own.
const ENTRY: &str = "client.js";

/// The name of the script that loads the entry module from this layer's tag.
const LOADER: &str = "load.js";

/// A request that loads a page, or may, as far as the tag needs it later. Small, as every request's future has room
/// for one.
#[derive(Debug)]
pub(crate) enum PageRequest {
    Certain(Box<Page>),
    /// Nothing is prepared before the answer is HTML: this may be any request of a tool or a script.
    /// Of the path only its depth is kept, which is all that a relative address needs.
    Uncertain {
        hot: HotMiddleware,
        slashes: u32,
    },
}

/// What the tag of a page will say.
pub(crate) struct Page {
    src: String,
    config: String,
    client_path: String,
}

impl fmt::Debug for Page {
    // The configuration holds the page's token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("src", &self.src).finish_non_exhaustive()
    }
}

/// Notes what the page will be made from, if this request loads one, and sees to it that the answer is a whole
/// page.
///
/// The hashes are those of now, before the app reads a single file: a page that is newer than its tag says
/// catches up with what it has already, where one that is older would miss a change.
pub(crate) fn request<B>(hot: &HotMiddleware, request: &mut Request<B>) -> Option<PageRequest> {
    let options = hot.options();
    if !options.injects() {
        return None;
    }
    let load = PageLoad::of(request.method(), request.headers())?;
    if load == PageLoad::Uncertain {
        let slashes = request.uri().path().bytes().map(|byte| u32::from(byte == b'/')).sum();
        return Some(PageRequest::Uncertain { hot: hot.clone(), slashes });
    }
    if hot.is_closed() {
        return None;
    }
    load.make_unconditional(request.headers_mut());
    let client_path = format!("{}/{ENTRY}", options.path);
    let src = script_src(options, request, &format!("{}/{LOADER}", options.path));
    Some(PageRequest::Certain(Box::new(Page { src, config: config(hot), client_path })))
}

/// The address of one of the client's files, as seen from the page.
///
/// It is relative, so that it holds whatever was taken off the path in front of this layer: but on the page at that
/// very prefix, where `/app` has become `/`. There it takes the options' word, or the path that axum received, which
/// ends in the one that is left.
fn script_src<B>(options: &Options, request: &Request<B>, file_path: &str) -> String {
    let path = request.uri().path();
    if let Some(base) = &options.base_path {
        return format!("{base}{file_path}");
    }
    #[cfg(feature = "axum")]
    if let Some(axum::extract::OriginalUri(original)) = request.extensions().get() {
        let original = original.path();
        if let Some(prefix) = original.strip_suffix(path).or((path == "/").then_some(original)) {
            return relative(original, &format!("{prefix}{file_path}"));
        }
    }
    relative(path, file_path)
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
        #[serde(skip_serializing_if = "Option::is_none")]
        overlay: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<&'a str>,
    }
    let bundles = hot.hub().latest();
    let log = hot.options().client_log;
    let config = Config {
        path: &hot.options().path,
        hashes: bundles.iter().filter_map(|latest| Some((latest.name(), latest.hash()?))).collect(),
        server: hot.server(),
        log: (log != LogLevel::Info).then(|| log.as_str()),
        overlay: (!hot.options().client_overlay).then_some(false),
        token: hot.guard().page_token().map(Token::reveal),
    };
    String::from_utf8(to_json(&config)).unwrap_or_default()
}

impl PageRequest {
    /// Puts the tag into the answer, if that is a page.
    pub(crate) fn inject<B: Body<Data = Bytes>>(&self, response: Response<B>) -> Response<ResponseBody<B>> {
        match self {
            Self::Certain(page) => page.inject(PageLoad::Certain, response),
            Self::Uncertain { hot, slashes } => {
                if !is_html(response.headers()) || hot.is_closed() {
                    return response.map(ResponseBody::inner);
                }
                let client_path = format!("{}/{ENTRY}", hot.options().path);
                let loader_path = format!("{}/{LOADER}", hot.options().path);
                let src = match &hot.options().base_path {
                    Some(base) => format!("{base}{loader_path}"),
                    None => relative(&"/".repeat(*slashes as usize), &loader_path),
                };
                Page { src, config: config(hot), client_path }.inject(PageLoad::Uncertain, response)
            }
        }
    }
}

impl Page {
    fn inject<B>(&self, load: PageLoad, response: Response<B>) -> Response<ResponseBody<B>>
    where
        B: Body<Data = Bytes>,
    {
        let (mut head, body) = response.into_parts();
        let tag = |nonce: Option<&str>| Tag::new(&self.src, &self.config, nonce);
        let body = match plan(load, &mut head, tag, &self.client_path, body.size_hint().exact()) {
            Some(injector) => ResponseBody::injected(body, injector),
            None => ResponseBody::inner(body),
        };
        Response::from_parts(head, body)
    }
}
