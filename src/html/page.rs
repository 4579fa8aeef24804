//! A navigation from its request to its response. The tag's content is determined when the request arrives.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Request, header, response::Parts};
use serde::Serialize;

#[cfg(feature = "watch")]
use super::declarations::Declarations;
use super::{
    ErrorPage, Rewriter, Tag,
    inject::{content_length, is_html, is_page, plan},
    navigation::{Navigation, make_unconditional, may_load, navigation},
    policy::{forbidden, hindrance},
    rewriter::TaggedPage,
    script_tag::{may_start_worker, script_src as relative},
};
use crate::{
    access::Token,
    client_files,
    json::to_json,
    options::{Console, LogLevel, Options},
    pages::{Capture, PageHead},
    shared::Shared,
};

/// The name of the client's entry module, under the stream's path. Hand-written tags load it.
const ENTRY: &str = "client.js";

/// The name of the script in this layer's tag, which loads the entry module.
const LOADER: &str = "load.js";

/// A request whose response may be HTML. Small, because every request's future has room for one.
#[derive(Debug)]
pub(crate) enum PageRequest {
    /// A navigation, whose response gets the tag.
    Navigation(Box<Page>),
    /// A fetch, whose response caches must not reuse for a navigation.
    Fetch,
}

/// The content of a page's tag.
pub(crate) struct Page {
    src: String,
    config: String,
    client_path: String,
    /// Set for HEAD, whose response has no body.
    is_head: bool,
    navigation: Navigation,
    /// Set for a page that is kept: one that a browser shows, with the secrets.
    is_kept: bool,
    /// The request's path.
    path: String,
    /// Set for a page under an allowed host.
    #[cfg(feature = "watch")]
    shares_secrets: bool,
    shared: Arc<Shared>,
}

impl fmt::Debug for Page {
    // The configuration holds the page's token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("src", &self.src).finish_non_exhaustive()
    }
}

/// Records the hashes from which the page will be made, if this request is a navigation, and ensures that the response is
/// a whole page.
///
/// The hashes are those from before the app reads a file. A page that is newer than its tag only applies a change again;
/// one that is older would miss a change.
pub(crate) fn request<B>(shared: &Arc<Shared>, request: &mut Request<B>) -> Option<PageRequest> {
    let options = shared.options();
    if !options.injects() {
        return None;
    }
    let is_post = request.method() == Method::POST;
    let Some(navigation) = navigation(request.method(), request.headers()) else {
        // Caches don't keep responses to POST.
        return (!is_post && may_load(request.method(), request.headers())).then_some(PageRequest::Fetch);
    };
    if shared.is_closed() {
        return None;
    }
    let is_head = request.method() == Method::HEAD;
    let shares_secrets = shared.access().shares_secrets(request.uri(), request.headers());
    make_unconditional(request.headers_mut());
    let client_path = format!("{}/{ENTRY}", options.path);
    let src = script_src(options, request, &loader_path(options));
    let config = config(shared, shares_secrets, is_post);
    Some(PageRequest::Navigation(Box::new(Page {
        src,
        config,
        client_path,
        is_head,
        navigation,
        is_kept: navigation == Navigation::Browser && !is_post && shares_secrets && shared.pages().is_on(),
        path: request.uri().path().to_owned(),
        #[cfg(feature = "watch")]
        shares_secrets,
        shared: shared.clone(),
    })))
}

/// The path of the script in the tag. Its hash names this version of all files, so that browsers load them without a
/// request.
fn loader_path(options: &Options) -> String {
    format!("{}/{}", options.path, client_files::immutable_path(LOADER))
}

/// The address of one of the client's files, as seen from the page.
///
/// It is relative, so that it is right behind a proxy or router that strips a prefix. The page at the prefix itself is
/// different, as `/app` has become `/`: there it comes from the options, or from the path that axum received.
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

/// The key `console` of the configuration: `false`, or the methods of the console that are wrapped.
#[derive(Serialize)]
#[serde(untagged)]
enum ConsoleKey {
    Off(bool),
    Methods(Vec<&'static str>),
}

impl ConsoleKey {
    /// The key; left out for the default.
    fn of(console: &Console) -> Option<Self> {
        if console.is_off() {
            return Some(Self::Off(false));
        }
        Some(Self::Methods(console.methods())).filter(|_| *console != Console::problems())
    }
}

/// The client's configuration as JSON. Without the secrets, the client can still log why the stream is refused.
fn config(shared: &Arc<Shared>, shares_secrets: bool, is_post: bool) -> String {
    #[derive(Serialize)]
    struct Config<'a> {
        path: &'a str,
        hashes: BTreeMap<&'a str, &'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hosts: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        server: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        log: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        console: Option<ConsoleKey>,
        #[serde(skip_serializing_if = "Option::is_none")]
        overlay: Option<bool>,
        #[serde(rename = "overlayRuntimeErrors", skip_serializing_if = "Option::is_none")]
        overlay_runtime_errors: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        editor: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        update: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        keep: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<&'static str>,
    }
    let bundles = if shares_secrets { shared.hub().latest() } else { Vec::default() };
    let log = shared.options().console_level;
    let config = Config {
        path: &shared.options().path,
        hashes: bundles.iter().filter_map(|latest| latest.in_tag()).collect(),
        hosts: if shares_secrets { shared.access().allowed_hosts() } else { Vec::default() },
        server: shared.server().filter(|_| shares_secrets),
        log: (log != LogLevel::Info).then(|| log.as_str()),
        console: ConsoleKey::of(&shared.options().console),
        overlay: (!shared.options().client_overlay).then_some(false),
        overlay_runtime_errors: shared.options().overlay_runtime_errors.then_some(true),
        editor: (shares_secrets && shared.opens_editor()).then_some(true),
        keep: (!shared.options().keep_state).then_some(false),
        update: (!shared.options().update_pages).then_some(false),
        token: shared.access().page_token().filter(|_| shares_secrets).map(Token::expose_secret),
        method: is_post.then_some("POST"),
    };
    String::from_utf8(to_json(&config)).unwrap_or_default()
}

/// The treatment of a response's body.
#[derive(Debug)]
pub(crate) enum Injection {
    /// It is passed on unchanged.
    None,
    /// It is a page, or becomes one, and gets the tag.
    Rewrite(Rewriter),
    /// It is the response to HEAD, and stays empty.
    Empty,
}

impl PageRequest {
    /// Decides on a response, and corrects its head for the tag if it is a page. `exact_len` is its body's length, where
    /// that is known.
    pub(crate) fn plan(&self, head: &mut Parts, exact_len: Option<u64>) -> Injection {
        if is_html(&head.headers) {
            vary(&mut head.headers);
        }
        match self {
            Self::Navigation(page) => page.plan(head, exact_len),
            Self::Fetch => Injection::None,
        }
    }
}

/// Adds the request headers that decide on the tag to `Vary`, so that caches don't reuse a response without the tag for
/// a navigation (RFC 9111, section 4.1): scripts such as instant.page and quicklink fetch a page before the user opens it.
fn vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Sec-Fetch-Dest, Upgrade-Insecure-Requests"));
}

impl Page {
    fn plan(&self, head: &mut Parts, exact_len: Option<u64>) -> Injection {
        let injection = self.inject(head, exact_len);
        if self.shared.terminal().is_on() {
            let fault = match injection {
                Injection::Rewrite(_) => forbidden(&head.headers),
                Injection::None if is_page(head) => hindrance(&head.headers),
                Injection::None | Injection::Empty => None,
            };
            match fault {
                Some(fault) => self.shared.terminal().misplaced(&self.path, &fault),
                None if matches!(injection, Injection::Rewrite(_)) => self.shared.terminal().page_sent(),
                None => {}
            }
        }
        injection
    }

    /// Begins to keep a page that a browser shows. For HEAD, whose length is that of GET, only the id is needed.
    fn capture(&self, head: &Parts, exact_len: Option<u64>) -> Option<Box<Capture>> {
        if !self.is_kept || !head.status.is_success() || !is_page(head) {
            return None;
        }
        // The body of a response to HEAD may have been removed.
        let known = exact_len.filter(|_| !self.is_head);
        let length = known.or_else(|| content_length(&head.headers)).or(exact_len);
        self.shared.pages().begin(PageHead::of(&head.headers)?, length).map(Box::new)
    }

    /// Returns true for the answer that the client compares with its page.
    fn is_parsed(&self) -> bool {
        self.navigation == Navigation::Parser
    }

    /// Has what the page says about modules noted.
    #[cfg(feature = "watch")]
    fn searched(&self, page: TaggedPage) -> TaggedPage {
        page.searched(self.shares_secrets.then(|| Declarations::new(&self.shared, &self.path)).flatten())
    }

    #[cfg(not(feature = "watch"))]
    fn searched(&self, page: TaggedPage) -> TaggedPage {
        page
    }

    fn inject(&self, head: &mut Parts, mut exact_len: Option<u64>) -> Injection {
        let status = head.status;
        let config: Cow<'_, str> = if may_start_worker(&head.headers) {
            self.config.as_str().into()
        } else {
            self.config.replacen('{', r#"{"worker":false,"#, 1).into()
        };
        let capture = self.capture(head, exact_len);
        let tag = |nonce: Option<&str>| {
            if status.is_client_error() || status.is_server_error() {
                Tag::new(&self.src, &with_status(&config, status.as_u16()), nonce)
            } else if let Some(capture) = &capture {
                Tag::new(&self.src, &with_page(&config, capture), nonce)
            } else {
                Tag::new(&self.src, &config, nonce)
            }
        };
        let rewriter = if let Some(page) = ErrorPage::plan(head, tag) {
            vary(&mut head.headers);
            Some(Rewriter::ErrorPage(page))
        } else {
            if self.is_head {
                // The body's length is only known from the body itself here; 0 means that the body was removed.
                if let Some(length) = exact_len.take().filter(|length| *length > 0) {
                    head.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
                }
            }
            plan(head, tag, &self.client_path, exact_len).map(|injector| {
                Rewriter::Page(self.searched(TaggedPage::new(injector, capture, self.is_parsed())))
            })
        };
        if self.is_parsed() && rewriter.is_some() {
            // A browser would show the renamed `<noscript>`.
            head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        match rewriter {
            Some(_) if self.is_head => Injection::Empty,
            Some(rewriter) => Injection::Rewrite(rewriter),
            None => Injection::None,
        }
    }
}

/// The configuration of a page that is kept.
fn with_page(config: &str, capture: &Capture) -> String {
    const KEY: &str = r#","page":""#;
    let fields = config.strip_suffix('}').unwrap_or(config);
    let mut text = String::with_capacity(config.len() + KEY.len() + 40);
    text.push_str(fields);
    text.push_str(KEY);
    capture.id().write(&mut text);
    text.push_str("\"}");
    text
}

/// The configuration of an error page.
fn with_status(config: &str, status: u16) -> String {
    match config.strip_suffix('}') {
        Some(fields) => format!("{fields},\"status\":{status}}}"),
        None => config.to_owned(),
    }
}
