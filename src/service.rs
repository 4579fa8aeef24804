//! The way of a request: ours is answered here, any other goes to the inner service as it is.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

#[cfg(feature = "websocket")]
use crate::transport::websocket::{self, Sockets};
use crate::{
    body::ResponseBody,
    guard::{Admission, Refusal, Resource},
    page::{self, Asset, PageRequest},
    shared::Shared,
    transport::sse::{self, EventStream},
    upload::{Permit, Rejection, Upload},
};

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
    hot: Arc<Shared>,
    #[cfg(feature = "websocket")]
    sockets: Arc<Sockets>,
}

impl<S> HotMiddlewareService<S> {
    pub(crate) fn new(
        inner: S,
        hot: Arc<Shared>,
        #[cfg(feature = "websocket")] sockets: Arc<Sockets>,
    ) -> Self {
        Self {
            inner,
            hot,
            #[cfg(feature = "websocket")]
            sockets,
        }
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
        let is_head = request.method() == Method::HEAD;
        match websocket::answer(&self.hot, &self.sockets, &mut request) {
            Some((answer, admission)) => {
                let answer = Answer { reply: Reply::Vite(answer), admission, is_head };
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
    fn of<B>(hot: &Arc<Shared>, rest: &str, request: &Request<B>) -> Option<Self> {
        if !hot.options().enabled {
            return None;
        }
        let asset = match rest.strip_prefix('/') {
            Some(name) => Some(page::asset(name)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        // A page that was sent before the layer was closed still gets its client, which finds the next server. The app
        // would answer for the file instead, and a browser may keep that.
        if asset.is_none() && hot.is_closed() {
            return None;
        }
        let resource = if asset.is_some() { Resource::Client } else { Resource::Stream };
        let is_head = request.method() == Method::HEAD;
        let admission = match hot.guard().admit(request.uri(), request.headers(), resource) {
            Ok(admission) => admission,
            Err(refusal) => {
                let (reply, admission) = (Reply::Refused(refusal), Admission::SameOrigin);
                return Some(Self::Answer(Answer { reply, admission, is_head }));
            }
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
        Some(Self::Answer(Answer { reply, admission, is_head }))
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
    /// Set for HEAD, which gets no body.
    is_head: bool,
}

/// What a request of our own is answered with.
#[derive(Debug)]
enum Reply {
    Refused(Refusal),
    Events {
        head: sse::Head,
        stream: EventStream,
    },
    EventsHead {
        head: sse::Head,
    },
    Asset {
        asset: &'static Asset,
        fresh: bool,
    },
    Taken,
    Rejected(Rejection),
    MethodNotAllowed {
        allowed: &'static str,
    },
    #[cfg(feature = "websocket")]
    Vite(websocket::Answer),
}

impl Answer {
    fn response<B>(self) -> Response<ResponseBody<B>> {
        let mut response = self.reply.response();
        self.admission.head(response.headers_mut());
        if self.is_head {
            // What GET says of the body, without the body: over HTTP/2, hyper would send one (RFC 9110, section 9.3.2).
            if let Some(length) = response.body().text_len() {
                response.headers_mut().insert(CONTENT_LENGTH, length.into());
            }
            *response.body_mut() = ResponseBody::empty();
        }
        response
    }
}

impl Reply {
    /// Answers a request for one of the client's files.
    fn asset<B>(asset: &'static Asset, request: &Request<B>) -> Self {
        match *request.method() {
            Method::GET | Method::HEAD => Self::Asset { asset, fresh: asset.matches(request.headers()) },
            _ => Self::MethodNotAllowed { allowed: "GET, HEAD" },
        }
    }

    /// Answers a request for the stream, unless the hub was closed just now.
    fn stream<B>(hot: &Arc<Shared>, request: &Request<B>) -> Option<Self> {
        let head = sse::Head::of(request);
        Some(match *request.method() {
            Method::HEAD => Self::EventsHead { head },
            Method::GET => {
                let subscribe = sse::subscribe_request(request.uri().query(), request.headers());
                Self::Events { head, stream: EventStream::open(hot, &subscribe)? }
            }
            _ if hot.takes_messages() => Self::MethodNotAllowed { allowed: "GET, HEAD, POST" },
            _ => Self::MethodNotAllowed { allowed: "GET, HEAD" },
        })
    }

    fn response<B>(self) -> Response<ResponseBody<B>> {
        let mut headers = HeaderMap::new();
        let (mut status, mut version) = (StatusCode::OK, Version::default());
        let body = match self {
            Self::Refused(refusal) => {
                status = refusal.status();
                refusal.head(&mut headers);
                explain(&refusal, &mut headers)
            }
            Self::Rejected(rejection) => {
                status = rejection.status();
                if status == StatusCode::TOO_MANY_REQUESTS {
                    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
                }
                explain(&rejection, &mut headers)
            }
            Self::Taken => {
                status = StatusCode::NO_CONTENT;
                ResponseBody::empty()
            }
            Self::Events { head, stream } => {
                head.fill(&mut headers);
                version = head.version();
                ResponseBody::events(stream)
            }
            Self::EventsHead { head } => {
                head.fill(&mut headers);
                version = head.version();
                ResponseBody::empty()
            }
            Self::Asset { asset, fresh } => {
                asset.head(&mut headers);
                if fresh {
                    status = StatusCode::NOT_MODIFIED;
                    ResponseBody::empty()
                } else {
                    ResponseBody::text(asset.text())
                }
            }
            #[cfg(feature = "websocket")]
            Self::Vite(answer) => return answer.response().map(ResponseBody::text),
            Self::MethodNotAllowed { allowed } => {
                status = StatusCode::METHOD_NOT_ALLOWED;
                headers.insert(ALLOW, HeaderValue::from_static(allowed));
                explain(&format_args!("This path of the hot middleware takes {allowed}"), &mut headers)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.version_mut() = version;
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
        Poll::Ready(Ok(match self.project().kind.project() {
            KindProj::Inner { future } => {
                return future.poll(cx).map_ok(|response| response.map(ResponseBody::inner));
            }
            KindProj::Page { future, page } => page.inject(ready!(future.poll(cx))?),
            KindProj::Answer { answer } => answer.take().expect(POLLED_AGAIN).response(),
            KindProj::Upload { upload, admission } => {
                let reply = match ready!(Pin::new(upload).poll(cx)) {
                    Ok(()) => Reply::Taken,
                    Err(rejection) => Reply::Rejected(rejection),
                };
                let admission = *admission.take().expect(POLLED_AGAIN);
                Answer { reply, admission, is_head: false }.response()
            }
        }))
    }
}
