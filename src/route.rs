//! The middleware's own routes: matching, authorization and responses.

use std::{path::Path, sync::Arc};

#[cfg(feature = "listen")]
use http::header::LOCATION;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER},
};
use http_body::Body;

use crate::{
    access::{Access, Refusal, Resource},
    body::OwnBody,
    client_files::{self, Asset},
    html::KeptPage,
    inspector,
    pages::PageId,
    plain_text::plain_text,
    shared::Shared,
    transport::sse::{self, EventStream},
    upload::{Authorized, Done, Rejection, Upload},
};
#[cfg(feature = "mcp")]
use crate::{escape::shorten, mcp};

/// One of the middleware's own routes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// The stream's path.
    Stream,
    /// The stream's path after the layer was closed, requested by this crate's client.
    Closed,
    /// A file of the browser client, below the stream's path.
    ClientFile(Asset),
    /// The inspector's state.
    State,
    /// The server for tools.
    #[cfg(feature = "mcp")]
    Tools,
    /// The folder of the app, for the browser's developer tools.
    Workspace,
    /// The HTML of a page that was sent; `None` if the path has no valid id.
    Page(Option<PageId>),
}

/// The folder of the kept pages, below the stream's path.
const PAGES: &str = "pages/";

/// A response that is ready, or one that waits for the request's body.
pub(crate) enum RouteResponse {
    Ready(Response<OwnBody>),
    Upload { upload: Upload, access: Access },
}

impl Route {
    /// Returns the route of a request, or `None` if it is for the inner service.
    pub(crate) fn of(shared: &Shared, method: &Method, uri: &Uri) -> Option<Self> {
        if !shared.options().enabled {
            return None;
        }
        if uri.path() == inspector::WORKSPACE {
            let is_read = matches!(*method, Method::GET | Method::HEAD);
            return (is_read && shared.options().devtools.is_some()).then_some(Self::Workspace);
        }
        let rest = uri.path().strip_prefix(shared.options().path.as_str())?;
        match rest.strip_prefix('/') {
            // Served after `close` too, so that a page sent right before it still gets its client, which then
            // finds the next server.
            Some(name) => match name.strip_prefix(PAGES) {
                Some(id) => Some(Self::Page(PageId::parse(id))),
                #[cfg(feature = "mcp")]
                None if name == mcp::PATH && shared.options().build_token.is_some() => {
                    (!shared.is_closed()).then_some(Self::Tools)
                }
                None if name == inspector::STATE && shared.options().inspector => {
                    (!shared.is_closed()).then_some(Self::State)
                }
                None => client_files::asset(name).map(Self::ClientFile),
            },
            None if !rest.is_empty() => None,
            None if shared.is_closed() => is_of_own_client(method, uri).then_some(Self::Closed),
            None => Some(Self::Stream),
        }
    }

    fn resource(self) -> Resource {
        match self {
            Self::Stream | Self::Closed | Self::Page(_) => Resource::Stream,
            Self::State => Resource::State,
            #[cfg(feature = "mcp")]
            Self::Tools => Resource::State,
            Self::Workspace => Resource::Workspace,
            Self::ClientFile(_) => Resource::Client,
        }
    }

    /// Authorizes a request and responds to it.
    ///
    /// # Errors
    /// Returns the request if the stream was closed meanwhile: it is for the inner service.
    #[expect(clippy::result_large_err, reason = "the request is passed on by value")]
    pub(crate) fn respond<B>(
        self,
        shared: &Arc<Shared>,
        request: Request<B>,
    ) -> Result<RouteResponse, Request<B>>
    where
        B: Body + Send + 'static,
    {
        let is_head = request.method() == Method::HEAD;
        let headers = request.headers();
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_inspector = matches!(self, Self::Stream)
            && is_read
            && shared.options().inspector
            && inspector::is_asked_for(headers);
        // The inspector and the developer tools are no client of a page.
        if !is_inspector && !matches!(self, Self::State | Self::Workspace) {
            shared.terminal().client_requested();
        }
        let access = match shared.access().authorize(request.uri(), headers, self.resource()) {
            Ok(access) => access,
            Err(refusal) => return Ok(finish(refused(&refusal), Access::SameOrigin, is_head)),
        };
        let response = match (self, request.method()) {
            (Self::Closed, _) => no_content(),
            (Self::ClientFile(asset), &Method::GET | &Method::HEAD) => client_file(asset, headers),
            (Self::Page(id), &Method::GET | &Method::HEAD) => kept_page(shared, id),
            #[cfg(feature = "mcp")]
            (Self::Tools, &Method::POST) => {
                if !mcp::speaks(headers) {
                    return Ok(finish(unknown_version(headers), access, is_head));
                }
                match shared.access().builder(headers).map(|sender| Authorized::of(shared, sender, headers)) {
                    Ok(Ok(authorized)) => {
                        let upload = authorized.call(request.into_body());
                        return Ok(RouteResponse::Upload { upload, access });
                    }
                    Ok(Err(rejection)) => rejected(&rejection),
                    Err(refusal) => refused(&refusal),
                }
            }
            #[cfg(feature = "mcp")]
            (Self::Tools, _) => method_not_allowed("POST"),
            (Self::Workspace, _) => {
                let folder = shared.options().devtools.as_deref().unwrap_or_else(|| Path::new(""));
                inspector::workspace(folder).map(OwnBody::text)
            }
            (Self::State, &Method::GET | &Method::HEAD) => {
                inspector::state(shared, request.uri().query()).map(OwnBody::text)
            }
            (Self::Stream, _) if is_inspector => inspector::page(shared).map(OwnBody::text),
            (Self::Stream, &Method::GET) => {
                let visitor = sse::visitor(request.uri().query(), headers);
                let subscribe = sse::subscribe_request(request.uri().query(), headers);
                match EventStream::open(shared, &subscribe, visitor) {
                    Some(stream) => sse::Head::of(&request).response(OwnBody::Events(Box::pin(stream))),
                    None if is_of_own_client(request.method(), request.uri()) => no_content(),
                    None => return Err(request),
                }
            }
            (Self::Stream, &Method::HEAD) => sse::Head::of(&request).response(OwnBody::Empty),
            (Self::Stream, &Method::POST) if shared.takes_messages() => {
                match shared.access().sender(headers).map(|sender| Authorized::of(shared, sender, headers)) {
                    Ok(Ok(authorized)) => {
                        return Ok(RouteResponse::Upload {
                            upload: authorized.receive(request.into_body()),
                            access,
                        });
                    }
                    Ok(Err(rejection)) => rejected(&rejection),
                    Err(refusal) => refused(&refusal),
                }
            }
            (Self::Stream, _) if shared.takes_messages() => method_not_allowed("GET, HEAD, POST"),
            (Self::Stream | Self::State | Self::ClientFile(_) | Self::Page(_), _) => {
                method_not_allowed("GET, HEAD")
            }
        };
        Ok(finish(response, access, is_head))
    }
}

/// Returns the response to a completed upload.
pub(crate) fn uploaded(outcome: Result<Done, Rejection>, access: Access) -> Response<OwnBody> {
    let mut response = match outcome {
        Ok(Done::Delivered) => no_content(),
        #[cfg(feature = "mcp")]
        Ok(Done::Answered(reply)) => answered(reply),
        Err(rejection) => rejected(&rejection),
    };
    access.head(response.headers_mut());
    response
}

/// Returns the response to a message to the server for tools.
#[cfg(feature = "mcp")]
fn answered(reply: mcp::Reply) -> Response<OwnBody> {
    let mut response = Response::new(OwnBody::Empty);
    match reply {
        mcp::Reply::Accepted => *response.status_mut() = StatusCode::ACCEPTED,
        mcp::Reply::Json(json) => {
            *response.body_mut() = OwnBody::text(json);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(feature = "mcp")]
fn unknown_version(headers: &HeaderMap) -> Response<OwnBody> {
    let given =
        headers.get("mcp-protocol-version").map(|version| String::from_utf8_lossy(version.as_bytes()));
    let reason = format!(
        "MCP-Protocol-Version is {:?}, and not {}. Leave it out, or send the version of the answer to `initialize`",
        shorten(&given.unwrap_or_default()),
        mcp::VERSIONS.join(" or ")
    );
    plain_text(StatusCode::BAD_REQUEST, &reason).map(OwnBody::text)
}

/// Completes a response: adds the access headers, and for HEAD replaces the body by its `Content-Length`.
pub(crate) fn finish(mut response: Response<OwnBody>, access: Access, is_head: bool) -> RouteResponse {
    access.head(response.headers_mut());
    if is_head {
        // Over HTTP/2, hyper would send a body (RFC 9110, section 9.3.2). A 204 has no length (section 8.6).
        let has_length = response.status() != StatusCode::NO_CONTENT;
        if let Some(length) = response.body().len().filter(|_| has_length) {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        *response.body_mut() = OwnBody::Empty;
    }
    RouteResponse::Ready(response)
}

/// Returns true for a request on the stream's path that no other client makes, see `docs/protocol.md`.
fn is_of_own_client(method: &Method, uri: &Uri) -> bool {
    let mark = match *method {
        Method::GET => "ids",
        Method::POST => "receipts",
        _ => return false,
    };
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == mark))
}

/// Also ends an event stream, and unlike an error without a line in the browser's console.
fn no_content() -> Response<OwnBody> {
    let mut response = Response::new(OwnBody::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn client_file(asset: Asset, request: &HeaderMap) -> Response<OwnBody> {
    let mut response = Response::new(OwnBody::Empty);
    if asset.is_moved() {
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    } else if asset.file().matches(request) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = OwnBody::text(asset.file().text());
    }
    asset.head(response.headers_mut());
    response
}

/// Returns the HTML of a page as it was sent, without the tag. Opened as a page, it is inert.
fn kept_page(shared: &Shared, id: Option<PageId>) -> Response<OwnBody> {
    let mut response = match id.and_then(|id| shared.pages().get(&id)) {
        Some((head, reading)) => {
            let mut response = Response::new(OwnBody::Page(Box::new(KeptPage::new(reading))));
            response.headers_mut().insert(CONTENT_TYPE, head.content_type);
            if let Some(policy) = head.policy {
                response.headers_mut().insert(PAGE_POLICY, policy);
            }
            response
        }
        // Unlike for an error, browsers have no line in the console for it.
        None => no_content(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    response
}

/// The header with the policy of the kept page, as the response has one of its own.
const PAGE_POLICY: HeaderName = HeaderName::from_static("hot-middleware-policy");

fn refused(refusal: &Refusal) -> Response<OwnBody> {
    let mut response = plain_text(refusal.status(), refusal).map(OwnBody::text);
    refusal.head(response.headers_mut());
    response
}

fn rejected(rejection: &Rejection) -> Response<OwnBody> {
    let mut response = plain_text(rejection.status(), rejection).map(OwnBody::text);
    if rejection.status() == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Redirects a request to the same URL, where a newer process of the app answers.
#[cfg(feature = "listen")]
pub(crate) fn moved(location: HeaderValue) -> RouteResponse {
    let mut response = Response::new(OwnBody::Empty);
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    finish(response, Access::SameOrigin, false)
}

fn method_not_allowed(allowed: &'static str) -> Response<OwnBody> {
    let reason = format!("This path of the hot middleware accepts {allowed}");
    let mut response = plain_text(StatusCode::METHOD_NOT_ALLOWED, &reason).map(OwnBody::text);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
