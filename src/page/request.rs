//! A page load from its request to its response: what the tag says is settled when the request comes in.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body::Body;
use serde::Serialize;

use crate::{LogLevel, Options, body::ResponseBody, guard::Token, json::to_json, shared::Shared};

use super::{
    PageLoad, Tag,
    inject::{is_html, plan},
    page_load::may_load,
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
        hot: Arc<Shared>,
        slashes: u32,
        shares_secrets: bool,
        is_head: bool,
    },
    /// A fetch whose response may be HTML, which caches must not reuse for a navigation.
    Untagged,
}

/// What the tag of a page will say.
pub(crate) struct Page {
    src: String,
    config: String,
    client_path: String,
    /// Set for HEAD, which gets no body.
    is_head: bool,
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
pub(crate) fn request<B>(hot: &Arc<Shared>, request: &mut Request<B>) -> Option<PageRequest> {
    let options = hot.options();
    if !options.injects() {
        return None;
    }
    let Some(load) = PageLoad::of(request.method(), request.headers()) else {
        return may_load(request.method(), request.headers()).then_some(PageRequest::Untagged);
    };
    let is_head = request.method() == Method::HEAD;
    let shares_secrets = hot.guard().shares_secrets(request.uri(), request.headers());
    if load == PageLoad::Uncertain {
        let slashes = request.uri().path().bytes().map(|byte| u32::from(byte == b'/')).sum();
        return Some(PageRequest::Uncertain { hot: hot.clone(), slashes, shares_secrets, is_head });
    }
    if hot.is_closed() {
        return None;
    }
    load.make_unconditional(request.headers_mut());
    let client_path = format!("{}/{ENTRY}", options.path);
    let src = script_src(options, request, &format!("{}/{LOADER}", options.path));
    let config = config(hot, shares_secrets);
    Some(PageRequest::Certain(Box::new(Page { src, config, client_path, is_head })))
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

/// The client's configuration as JSON. Without the secrets, the client can still log why the stream is refused.
fn config(hot: &Arc<Shared>, shares_secrets: bool) -> String {
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
    let bundles = if shares_secrets { hot.hub().latest() } else { Vec::default() };
    let log = hot.options().client_log;
    let config = Config {
        path: &hot.options().path,
        hashes: bundles.iter().filter_map(|latest| latest.in_tag()).collect(),
        server: hot.server().filter(|_| shares_secrets),
        log: (log != LogLevel::Info).then(|| log.as_str()),
        overlay: (!hot.options().client_overlay).then_some(false),
        token: hot.guard().page_token().filter(|_| shares_secrets).map(Token::reveal),
    };
    String::from_utf8(to_json(&config)).unwrap_or_default()
}

impl PageRequest {
    /// Puts the tag into the answer, if that is a page.
    pub(crate) fn inject<B: Body<Data = Bytes>>(
        &self,
        mut response: Response<B>,
    ) -> Response<ResponseBody<B>> {
        if !is_html(response.headers()) {
            return response.map(ResponseBody::inner);
        }
        vary(response.headers_mut());
        match self {
            Self::Certain(page) => page.inject(PageLoad::Certain, response),
            Self::Uncertain { hot, .. } if hot.is_closed() => response.map(ResponseBody::inner),
            Self::Uncertain { hot, slashes, shares_secrets, is_head } => {
                let client_path = format!("{}/{ENTRY}", hot.options().path);
                let loader_path = format!("{}/{LOADER}", hot.options().path);
                let src = match &hot.options().base_path {
                    Some(base) => format!("{base}{loader_path}"),
                    None => relative(&"/".repeat(*slashes as usize), &loader_path),
                };
                let (config, is_head) = (config(hot, *shares_secrets), *is_head);
                Page { src, config, client_path, is_head }.inject(PageLoad::Uncertain, response)
            }
            Self::Untagged => response.map(ResponseBody::inner),
        }
    }
}

/// Adds the request headers that decide on the tag to `Vary`, so that caches don't reuse a response without the tag for
/// a navigation (RFC 9111, section 4.1).
///
/// Scripts such as instant.page and quicklink fetch a page before the user opens it. `Sec-Fetch-Dest` tells such a fetch
/// from a navigation, and `Accept` does over plain HTTP, where browsers don't send the former.
fn vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Sec-Fetch-Dest, Accept"));
}

impl Page {
    fn inject<B>(&self, load: PageLoad, response: Response<B>) -> Response<ResponseBody<B>>
    where
        B: Body<Data = Bytes>,
    {
        let (mut head, body) = response.into_parts();
        let tag = |nonce: Option<&str>| Tag::new(&self.src, &self.config, nonce);
        let mut exact_len = body.size_hint().exact();
        if self.is_head {
            // An app that leaves the body to the server says its length by the body alone; 0 is a body taken away.
            if let Some(length) = exact_len.take().filter(|length| *length > 0) {
                head.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
            }
        }
        let body = match plan(load, &mut head, tag, &self.client_path, exact_len) {
            Some(_) if self.is_head => ResponseBody::empty(),
            Some(injector) => ResponseBody::injected(body, injector),
            None => ResponseBody::inner(body),
        };
        Response::from_parts(head, body)
    }
}
