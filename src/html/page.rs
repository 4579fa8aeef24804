//! A page load from its request to its response: what the tag says is settled when the request comes in.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Request, header, response::Parts};
use serde::Serialize;

use super::{
    Injector, NavigationRequest, Tag,
    inject::{is_html, plan},
    navigation::may_load,
    script_tag::{may_start_worker, script_src as relative},
};
use crate::{
    access::Token,
    client_files,
    json::to_json,
    options::{LogLevel, Options},
    shared::Shared,
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
    let Some(load) = NavigationRequest::of(request.method(), request.headers()) else {
        return may_load(request.method(), request.headers()).then_some(PageRequest::Untagged);
    };
    let is_head = request.method() == Method::HEAD;
    let shares_secrets = hot.access().shares_secrets(request.uri(), request.headers());
    if load == NavigationRequest::Uncertain {
        let slashes = request.uri().path().bytes().map(|byte| u32::from(byte == b'/')).sum();
        return Some(PageRequest::Uncertain { hot: hot.clone(), slashes, shares_secrets, is_head });
    }
    if hot.is_closed() {
        return None;
    }
    load.make_unconditional(request.headers_mut());
    let client_path = format!("{}/{ENTRY}", options.path);
    let src = script_src(options, request, &loader_path(options));
    let config = config(hot, shares_secrets);
    Some(PageRequest::Certain(Box::new(Page { src, config, client_path, is_head })))
}

/// The path of the script in the tag. Its hash names this version of all files, so that browsers load them without a
/// request.
fn loader_path(options: &Options) -> String {
    format!("{}/{}", options.path, client_files::immutable_path(LOADER))
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
    let log = hot.options().console_level;
    let config = Config {
        path: &hot.options().path,
        hashes: bundles.iter().filter_map(|latest| latest.in_tag()).collect(),
        server: hot.server().filter(|_| shares_secrets),
        log: (log != LogLevel::Info).then(|| log.as_str()),
        overlay: (!hot.options().client_overlay).then_some(false),
        token: hot.access().page_token().filter(|_| shares_secrets).map(Token::expose_secret),
    };
    String::from_utf8(to_json(&config)).unwrap_or_default()
}

/// What becomes of a response's body.
#[derive(Debug)]
pub(crate) enum Injection {
    /// It passes as it is.
    None,
    /// It is a page: the tag is put in.
    Tag(Injector),
    /// It is the response to HEAD, and stays empty.
    Empty,
}

impl PageRequest {
    /// Decides on a response, and corrects its head for the tag if it is a page. `exact_len` is its body's length, where
    /// that is known.
    pub(crate) fn plan(&self, head: &mut Parts, exact_len: Option<u64>) -> Injection {
        if !is_html(&head.headers) {
            return Injection::None;
        }
        vary(&mut head.headers);
        match self {
            Self::Certain(page) => page.plan(NavigationRequest::Certain, head, exact_len),
            Self::Uncertain { hot, .. } if hot.is_closed() => Injection::None,
            Self::Uncertain { hot, slashes, shares_secrets, is_head } => {
                let client_path = format!("{}/{ENTRY}", hot.options().path);
                let loader_path = loader_path(hot.options());
                let src = match &hot.options().base_path {
                    Some(base) => format!("{base}{loader_path}"),
                    None => relative(&"/".repeat(*slashes as usize), &loader_path),
                };
                let (config, is_head) = (config(hot, *shares_secrets), *is_head);
                let page = Page { src, config, client_path, is_head };
                page.plan(NavigationRequest::Uncertain, head, exact_len)
            }
            Self::Untagged => Injection::None,
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
    fn plan(&self, navigation: NavigationRequest, head: &mut Parts, mut exact_len: Option<u64>) -> Injection {
        let config: Cow<'_, str> = if may_start_worker(&head.headers) {
            self.config.as_str().into()
        } else {
            self.config.replacen('{', r#"{"worker":false,"#, 1).into()
        };
        let tag = |nonce: Option<&str>| Tag::new(&self.src, &config, nonce);
        if self.is_head {
            // An app that leaves the body to the server says its length by the body alone; 0 is a body taken away.
            if let Some(length) = exact_len.take().filter(|length| *length > 0) {
                head.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
            }
        }
        match plan(navigation, head, tag, &self.client_path, exact_len) {
            Some(_) if self.is_head => Injection::Empty,
            Some(injector) => Injection::Tag(injector),
            None => Injection::None,
        }
    }
}
