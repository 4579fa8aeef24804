//! The response to a request for a module that can't be left as it is.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, response};

use super::rewrite::{Plan, without_change};

/// The longest module that is rewritten, in bytes.
const LONGEST: usize = 4 << 20;

/// Headers of a request that the response to another text would be wrong for.
const CONDITIONS: [header::HeaderName; 6] = [
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

/// A request for a module whose response is made another.
#[derive(Debug)]
pub(crate) struct ModuleRequest {
    plan: Plan,
    /// The URL of the module in the browser, without a change.
    url: String,
    /// The versions that the browser has.
    if_none_match: Option<HeaderValue>,
    is_head: bool,
}

/// The treatment of the body.
#[derive(Debug)]
pub(crate) enum ModuleBody {
    Inner,
    /// It is left as it is, because it has this content coding.
    Encoded(String),
    Empty,
    Rewritten(ModuleRewriter),
}

impl ModuleRequest {
    /// Takes what the app would answer with a part of the file, or with none of it.
    pub(crate) fn new<B>(plan: Plan, request: &mut Request<B>, base_path: Option<&str>) -> Self {
        let url = url(request, base_path);
        let is_head = request.method() == Method::HEAD;
        let headers = request.headers_mut();
        let if_none_match = headers.get(header::IF_NONE_MATCH).cloned();
        for name in CONDITIONS {
            headers.remove(name);
        }
        Self { plan, url, if_none_match, is_head }
    }

    /// Corrects the head of the response, unless that has to stay as it is.
    pub(crate) fn respond(self, head: &mut response::Parts) -> ModuleBody {
        if head.status != StatusCode::OK || !is_script(&head.headers) || has_digest(&head.headers) {
            return ModuleBody::Inner;
        }
        if let Some(coding) =
            head.headers.get(header::CONTENT_ENCODING).filter(|coding| *coding != "identity")
        {
            return ModuleBody::Encoded(String::from_utf8_lossy(coding.as_bytes()).into_owned());
        }
        let tag =
            self.plan.tag(head.headers.get(header::ETAG).or_else(|| head.headers.get(header::LAST_MODIFIED)));
        for name in [header::CONTENT_LENGTH, header::ACCEPT_RANGES, header::ETAG, header::LAST_MODIFIED] {
            head.headers.remove(name);
        }
        let is_known = tag.as_ref().zip(self.if_none_match.as_ref()).is_some_and(|(tag, known)| {
            known.to_str().is_ok_and(|known| {
                known.split(',').any(|known| known.trim() == tag.to_str().unwrap_or_default())
            })
        });
        head.headers.extend(tag.map(|tag| (header::ETAG, tag)));
        if is_known {
            head.status = StatusCode::NOT_MODIFIED;
            return ModuleBody::Empty;
        }
        if self.is_head {
            return ModuleBody::Inner;
        }
        ModuleBody::Rewritten(ModuleRewriter { plan: Some(self.plan), url: self.url, text: Vec::new() })
    }
}

/// Collects the text of a module, and makes it another.
#[derive(Debug)]
pub(crate) struct ModuleRewriter {
    /// `None` once the text turned out to be too long.
    plan: Option<Plan>,
    url: String,
    text: Vec<u8>,
}

impl ModuleRewriter {
    pub(crate) fn push(&mut self, data: Bytes, unsent: &mut VecDeque<Bytes>) {
        if self.plan.is_none() {
            return unsent.push_back(data);
        }
        self.text.extend_from_slice(&data);
        if self.text.len() > LONGEST {
            self.plan = None;
            unsent.push_back(std::mem::take(&mut self.text).into());
        }
    }

    pub(crate) fn finish(&mut self, unsent: &mut VecDeque<Bytes>) {
        let text = std::mem::take(&mut self.text);
        let made = match self.plan.take() {
            Some(Plan::Forward(module)) => module.into(),
            Some(Plan::Rewrite(rewriting)) => {
                let rewritten =
                    std::str::from_utf8(&text).ok().and_then(|text| rewriting.apply(text, &self.url));
                rewritten.map_or_else(|| text.into(), Bytes::from)
            }
            None => return,
        };
        unsent.push_back(made);
    }
}

/// The URL of a module in the browser, as far as its request and the options say, without a change.
fn url<B>(request: &Request<B>, base_path: Option<&str>) -> String {
    let value = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let uri = request.uri();
    let host =
        value("host").or_else(|| uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
    // The address of the page, or of the module that imports this one.
    let referer = value("referer").and_then(|referer| referer.split_once("://"));
    let named = referer.and_then(|(scheme, rest)| Some((scheme, rest.split('/').next()?)));
    // A proxy may have another host.
    let own = named.filter(|(_, name)| *name == host || value("sec-fetch-site") == Some("same-origin"));
    let host = own.map_or(host, |(_, host)| host);
    let scheme = own.map(|(scheme, _)| scheme);
    let scheme = scheme.or_else(|| value("x-forwarded-proto")).or_else(|| uri.scheme_str()).unwrap_or("http");
    let path = uri.path();
    #[cfg(feature = "axum")]
    let path = request
        .extensions()
        .get::<axum::extract::OriginalUri>()
        .map(|original| original.path())
        .filter(|original| original.ends_with(path))
        .unwrap_or(path);
    let base = base_path.unwrap_or_default();
    format!("{scheme}://{host}{base}{path}{}", without_change(uri.query()))
}

fn is_script(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/javascript") || kind.eq_ignore_ascii_case("application/javascript")
}

/// Returns true if something vouches for the bytes.
fn has_digest(headers: &HeaderMap) -> bool {
    ["content-digest", "repr-digest", "digest"].iter().any(|name| headers.contains_key(*name))
}
