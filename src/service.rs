//! The way of a request: ours is answered here, any other goes to the inner service as it is.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE},
};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    body::ResponseBody,
    guard::{Admission, Refusal, Resource},
    hub::Subscriber,
    middleware::HotMiddleware,
    page::{self, Asset, PageRequest},
    transport::sse,
};

const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=utf-8");

/// The service that [`HotMiddleware`] makes of another: it answers requests for the event stream and for the
/// client's files, and hands all others on.
///
/// A request of its own is answered with 403 unless it may come in, see
/// [`OptionsBuilder::allowed_host`](crate::OptionsBuilder::allowed_host). A request that is not its own pays for one comparison of its path and, where pages are injected, a look at
/// whether it asks for a page. Errors are the inner service's.
#[derive(Clone, Debug)]
pub struct HotMiddlewareService<S> {
    inner: S,
    hot: HotMiddleware,
}

impl<S> HotMiddlewareService<S> {
    pub(crate) fn new(inner: S, hot: HotMiddleware) -> Self {
        Self { inner, hot }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HotMiddlewareService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        if let Some(rest) = request.uri().path().strip_prefix(self.hot.options().path.as_str()) {
            if let Some(answer) = Answer::to(&self.hot, rest, &request) {
                return ResponseFuture { kind: Kind::Own { answer: Some(answer) } };
            }
        }
        let page = page::request(&self.hot, &mut request);
        ResponseFuture { kind: Kind::Inner { future: self.inner.call(request), page } }
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
    Events { version: Version, hot: HotMiddleware, subscriber: Subscriber },
    EventsHead { version: Version },
    Asset { asset: &'static Asset, head: bool, fresh: bool },
    MethodNotAllowed,
}

impl Answer {
    /// Answers a request whose path is the stream's and then `rest`, or leaves it to the inner service.
    fn to<B>(hot: &HotMiddleware, rest: &str, request: &Request<B>) -> Option<Self> {
        let asset = match rest.strip_prefix('/') {
            Some(name) => Some(page::asset(name)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        if hot.is_closed() {
            return None;
        }
        let resource = if asset.is_some() { Resource::Client } else { Resource::Stream };
        Some(match hot.guard().admit(request.uri(), request.headers(), resource) {
            Ok(admission) => Self { reply: Reply::to(hot, asset, request)?, admission },
            Err(refusal) => Self { reply: Reply::Refused(refusal), admission: Admission::SameOrigin },
        })
    }

    fn response<B>(self) -> Response<ResponseBody<B>> {
        let mut response = self.reply.response();
        self.admission.head(response.headers_mut());
        response
    }
}

impl Reply {
    /// Answers a request that was let in, for one of the client's files or else the stream.
    fn to<B>(hot: &HotMiddleware, asset: Option<&'static Asset>, request: &Request<B>) -> Option<Self> {
        let (method, version) = (request.method(), request.version());
        if method != Method::GET && method != Method::HEAD {
            return Some(Self::MethodNotAllowed);
        }
        if let Some(asset) = asset {
            let fresh = asset.matches(request.headers());
            return Some(Self::Asset { asset, head: method == Method::HEAD, fresh });
        }
        if method == Method::HEAD {
            return Some(Self::EventsHead { version });
        }
        let subscribe = sse::subscribe_request(request.uri().query(), request.headers());
        let subscriber = hot.subscribe(&subscribe)?;
        Some(Self::Events { version, hot: hot.clone(), subscriber })
    }

    fn response<B>(self) -> Response<ResponseBody<B>> {
        let mut headers = HeaderMap::new();
        let mut status = StatusCode::OK;
        let body = match self {
            Self::Refused(refusal) => {
                status = StatusCode::FORBIDDEN;
                headers.insert(CONTENT_TYPE, PLAIN_TEXT);
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                ResponseBody::text(format!("{refusal}\n"))
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
            Self::MethodNotAllowed => {
                status = StatusCode::METHOD_NOT_ALLOWED;
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                headers.insert(CONTENT_TYPE, PLAIN_TEXT);
                ResponseBody::text("This path of the hot middleware is read with GET or HEAD.\n")
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

pin_project! {
    /// The response of a [`HotMiddlewareService`], to come.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<F> {
        Inner {
            #[pin]
            future: F,
            page: Option<PageRequest>,
        },
        Own {
            answer: Option<Answer>,
        },
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project().kind.project() {
            KindProj::Inner { future, page } => {
                let response = ready!(future.poll(cx))?;
                match page.take() {
                    Some(page) => page.inject(response),
                    None => response.map(ResponseBody::inner),
                }
            }
            KindProj::Own { answer } => {
                answer.take().expect("a future is not polled again after it was ready").response()
            }
        }))
    }
}
