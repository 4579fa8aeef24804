//! The way of a request: ours is answered here, any other goes to the inner service as it is.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
#[cfg(feature = "listen")]
use http::header::LOCATION;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

#[cfg(feature = "listen")]
use crate::listen::drain;
#[cfg(feature = "websocket")]
use crate::transport::websocket;
use crate::{
    body::ResponseBody,
    guard::{Admission, Refusal, Resource},
    hub::Subscriber,
    middleware::HotMiddleware,
    page::{self, Asset, PageRequest},
    transport::sse,
    uplink::{Permit, Rejection, Upload},
};

#[cfg(feature = "listen")]
use drain::finish;
#[cfg(not(feature = "listen"))]
use std::convert::identity as finish;

const POLLED_AGAIN: &str = "a future is not polled again after it was ready";

const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=utf-8");

/// The service that [`HotMiddleware`] makes of another: it answers requests for the event stream and for the
/// client's files, takes in what is sent to the stream's path, and hands all others on.
///
/// A request of its own is answered with 403 unless it may come in, see
/// [`OptionsBuilder::allowed_host`](crate::OptionsBuilder::allowed_host). A request that is not its own pays for one
/// comparison of its path and, where pages are injected, a look at whether it asks for a page. Errors are the inner
/// service's.
#[derive(Clone, Debug)]
pub struct HotMiddlewareService<S> {
    inner: S,
    hot: HotMiddleware,
}

impl<S> HotMiddlewareService<S> {
    pub(crate) fn new(inner: S, hot: HotMiddleware) -> Self {
        Self { inner, hot }
    }

    /// Answers a request whose path begins with the stream's, if it is one of our own.
    #[cold]
    fn answer_or_pass<B: Body>(&mut self, request: Request<B>) -> ResponseFuture<S::Future, B>
    where
        S: Service<Request<B>>,
    {
        let rest = request.uri().path().strip_prefix(self.hot.options().path.as_str());
        match rest.and_then(|rest| Own::of(&self.hot, rest, &request)) {
            Some(own) => ResponseFuture { kind: own.into_kind(request) },
            None => self.pass(request),
        }
    }

    /// Answers a request for a socket or for Vite's client, if it is one.
    #[cfg(feature = "websocket")]
    #[cold]
    fn answer_vite_or_pass<B: Body>(&mut self, mut request: Request<B>) -> ResponseFuture<S::Future, B>
    where
        S: Service<Request<B>>,
    {
        match websocket::answer(&self.hot, &mut request) {
            Some((answer, admission)) => {
                let answer = Answer { reply: Reply::Vite(answer), admission };
                ResponseFuture { kind: Kind::Answer { answer: Some(Box::new(answer)) } }
            }
            None => self.pass(request),
        }
    }

    /// Hands on a request that may load a page, and notes what the page will need.
    #[inline(never)]
    fn pass<B>(&mut self, mut request: Request<B>) -> ResponseFuture<S::Future, B>
    where
        S: Service<Request<B>>,
    {
        let page = page::request(&self.hot, &mut request);
        let future = self.inner.call(request);
        ResponseFuture {
            kind: match page {
                Some(page) => Kind::Page { future, page },
                None => Kind::Inner { future },
            },
        }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HotMiddlewareService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // A request that needs a closer look is given away for it. One that is lent to code out of sight is copied
        // on its way to the inner service, which costs more than all of this.
        let options = self.hot.options();
        #[cfg(feature = "listen")]
        if drain::is_draining() {
            if let Some(location) = drain::redirect(&request, options.base_path.as_deref(), &options.path) {
                let answer = Some(Box::new(Answer::moved(location)));
                return ResponseFuture { kind: Kind::Answer { answer } };
            }
        }
        #[cfg(feature = "websocket")]
        if websocket::concerns(&options.vite_base, &request) {
            return self.answer_vite_or_pass(request);
        }
        if begins_with(request.uri().path(), &options.path) {
            return self.answer_or_pass(request);
        }
        if options.injects() && page::may_load(request.method(), request.headers()) {
            return self.pass(request);
        }
        ResponseFuture { kind: Kind::Inner { future: self.inner.call(request) } }
    }
}

/// Whether a path begins with another. The character after the slash tells almost all apart, without a call of
/// `memcmp`.
fn begins_with(path: &str, with: &str) -> bool {
    path.as_bytes().get(1) == with.as_bytes().get(1) && path.starts_with(with)
}

/// A request of our own.
#[derive(Debug)]
enum Own {
    /// The answer is known from the head.
    Answer(Answer),
    /// The body is to be read first.
    Upload { permit: Permit, admission: Admission },
}

impl Own {
    /// Decides on a request whose path is the stream's and then `rest`, or leaves it to the inner service.
    fn of<B>(hot: &HotMiddleware, rest: &str, request: &Request<B>) -> Option<Self> {
        if hot.is_closed() {
            return None;
        }
        let asset = match rest.strip_prefix('/') {
            Some(name) => Some(page::asset(name)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        let resource = if asset.is_some() { Resource::Client } else { Resource::Stream };
        let admission = match hot.guard().admit(request.uri(), request.headers(), resource) {
            Ok(admission) => admission,
            Err(refusal) => return Some(Self::Answer(Answer::refused(refusal))),
        };
        let reply = match asset {
            Some(asset) => Reply::asset(asset, request),
            None if request.method() == Method::POST && hot.takes_messages() => {
                match hot.guard().sender(request.headers()) {
                    Ok(sender) => match Permit::of(hot, sender, request.headers()) {
                        Ok(permit) => return Some(Self::Upload { permit, admission }),
                        Err(rejection) => Reply::Rejected(rejection),
                    },
                    Err(refusal) => Reply::Refused(refusal),
                }
            }
            None => Reply::stream(hot, request)?,
        };
        Some(Self::Answer(Answer { reply, admission }))
    }

    fn into_kind<F, B: Body>(self, request: Request<B>) -> Kind<F, B> {
        match self {
            Self::Answer(answer) => Kind::Answer { answer: Some(Box::new(answer)) },
            Self::Upload { permit, admission } => {
                let upload = Box::new(permit.receive(request.into_body()));
                Kind::Upload { upload, admission: Some(Box::new(admission)) }
            }
        }
    }
}

/// The answer to a request of our own: what it says, and who may read it.
#[derive(Debug)]
struct Answer {
    reply: Reply,
    admission: Admission,
}

/// What a request of our own is answered with.
#[derive(Debug)]
enum Reply {
    Refused(Refusal),
    Events {
        version: Version,
        hot: HotMiddleware,
        subscriber: Subscriber,
    },
    EventsHead {
        version: Version,
    },
    Asset {
        asset: &'static Asset,
        head: bool,
        fresh: bool,
    },
    Taken,
    Rejected(Rejection),
    /// A newer process of the app answers at the same address.
    #[cfg(feature = "listen")]
    Moved {
        location: HeaderValue,
    },
    MethodNotAllowed {
        allowed: &'static str,
    },
    #[cfg(feature = "websocket")]
    Vite(websocket::Answer),
}

impl Answer {
    fn refused(refusal: Refusal) -> Self {
        Self { reply: Reply::Refused(refusal), admission: Admission::SameOrigin }
    }

    #[cfg(feature = "listen")]
    fn moved(location: HeaderValue) -> Self {
        Self { reply: Reply::Moved { location }, admission: Admission::SameOrigin }
    }

    fn response<B>(self) -> Response<ResponseBody<B>> {
        let mut response = self.reply.response();
        self.admission.head(response.headers_mut());
        response
    }
}

impl Reply {
    /// Answers a request for one of the client's files.
    fn asset<B>(asset: &'static Asset, request: &Request<B>) -> Self {
        match *request.method() {
            Method::GET | Method::HEAD => {
                let head = request.method() == Method::HEAD;
                Self::Asset { asset, head, fresh: asset.matches(request.headers()) }
            }
            _ => Self::MethodNotAllowed { allowed: "GET, HEAD" },
        }
    }

    /// Answers a request for the stream, unless the hub was closed just now.
    fn stream<B>(hot: &HotMiddleware, request: &Request<B>) -> Option<Self> {
        let version = request.version();
        Some(match *request.method() {
            Method::HEAD => Self::EventsHead { version },
            Method::GET => {
                let subscribe = sse::subscribe_request(request.uri().query(), request.headers());
                Self::Events { version, hot: hot.clone(), subscriber: hot.subscribe(&subscribe)? }
            }
            _ if hot.takes_messages() => Self::MethodNotAllowed { allowed: "GET, HEAD, POST" },
            _ => Self::MethodNotAllowed { allowed: "GET, HEAD" },
        })
    }

    fn response<B>(self) -> Response<ResponseBody<B>> {
        let mut headers = HeaderMap::new();
        let mut status = StatusCode::OK;
        let body = match self {
            Self::Refused(refusal) => {
                status = StatusCode::FORBIDDEN;
                explain(&refusal, &mut headers)
            }
            Self::Rejected(rejection) => {
                status = rejection.status();
                if status == StatusCode::TOO_MANY_REQUESTS {
                    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
                }
                explain(&rejection, &mut headers)
            }
            #[cfg(feature = "listen")]
            Self::Moved { location } => {
                status = StatusCode::TEMPORARY_REDIRECT;
                headers.insert(LOCATION, location);
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                ResponseBody::empty()
            }
            Self::Taken => {
                status = StatusCode::NO_CONTENT;
                ResponseBody::empty()
            }
            Self::Events { version, hot, subscriber } => {
                sse::head(version, &mut headers);
                ResponseBody::events(hot.event_stream(subscriber))
            }
            Self::EventsHead { version } => {
                sse::head(version, &mut headers);
                ResponseBody::empty()
            }
            Self::Asset { asset, head, fresh } => {
                asset.head(&mut headers);
                if fresh {
                    status = StatusCode::NOT_MODIFIED;
                }
                if head || fresh { ResponseBody::empty() } else { ResponseBody::text(asset.text()) }
            }
            #[cfg(feature = "websocket")]
            Self::Vite(answer) => match answer {
                websocket::Answer::Upgrade(upgrade) => {
                    status = StatusCode::SWITCHING_PROTOCOLS;
                    upgrade.begin(&mut headers);
                    ResponseBody::empty()
                }
                websocket::Answer::Module(text) => {
                    websocket::module_head(&mut headers);
                    ResponseBody::text(text)
                }
                websocket::Answer::Refused(refusal) => {
                    status = StatusCode::FORBIDDEN;
                    explain(&refusal, &mut headers)
                }
                websocket::Answer::Malformed(malformed) => {
                    status = malformed.status();
                    malformed.head(&mut headers);
                    explain(&malformed, &mut headers)
                }
            },
            Self::MethodNotAllowed { allowed } => {
                status = StatusCode::METHOD_NOT_ALLOWED;
                headers.insert(ALLOW, HeaderValue::from_static(allowed));
                explain(&format_args!("This path of the hot middleware takes {allowed}"), &mut headers)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

/// A line of text for whoever sent what was not taken. It is true now and perhaps not later, so nobody keeps it.
fn explain<B>(reason: &dyn fmt::Display, headers: &mut HeaderMap) -> ResponseBody<B> {
    headers.insert(CONTENT_TYPE, PLAIN_TEXT);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ResponseBody::text(format!("{reason}\n"))
}

/// The response to a request that came to the sockets' own port.
#[cfg(feature = "websocket")]
pub(crate) fn socket_response<B>(answer: websocket::Answer) -> Response<ResponseBody<B>> {
    Answer { reply: Reply::Vite(answer), admission: Admission::SameOrigin }.response()
}

pin_project! {
    /// The response of a [`HotMiddlewareService`], to come.
    #[derive(Debug)]
    pub struct ResponseFuture<F, B> {
        #[pin]
        kind: Kind<F, B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    // What is our own is boxed: every future is as large as its largest kind, and is moved, and almost none is ours.
    enum Kind<F, B> {
        Inner {
            #[pin]
            future: F,
        },
        Page {
            #[pin]
            future: F,
            page: PageRequest,
        },
        Answer {
            answer: Option<Box<Answer>>,
        },
        Upload {
            upload: Box<Upload<B>>,
            admission: Option<Box<Admission>>,
        },
    }
}

impl<F, ReqBody, ResBody, E> Future for ResponseFuture<F, ReqBody>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ReqBody: Body,
    ResBody: Body<Data = Bytes>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(finish(match self.project().kind.project() {
            KindProj::Inner { future } => {
                return future.poll(cx).map_ok(|response| finish(response.map(ResponseBody::inner)));
            }
            KindProj::Page { future, page } => page.inject(ready!(future.poll(cx))?),
            KindProj::Answer { answer } => answer.take().expect(POLLED_AGAIN).response(),
            KindProj::Upload { upload, admission } => {
                let reply = match ready!(Pin::new(upload).poll(cx)) {
                    Ok(()) => Reply::Taken,
                    Err(rejection) => Reply::Rejected(rejection),
                };
                Answer { reply, admission: *admission.take().expect(POLLED_AGAIN) }.response()
            }
        })))
    }
}
