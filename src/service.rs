//! The tower service: it answers requests for the middleware's own routes and passes all others to the inner
//! service.

#[cfg(not(feature = "listen"))]
use std::convert::identity as finish;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

#[cfg(feature = "listen")]
use crate::handover::drain::{self, finish};
#[cfg(feature = "watch")]
use crate::modules::{self, ModuleBody, ModuleRequest};
#[cfg(feature = "websocket")]
use crate::transport::websocket::{self, Sockets};
use crate::{
    access::Access,
    body::{OwnBody, ResponseBody},
    html::{self, Injection, PageRequest},
    inspector,
    route::{self, Route, RouteResponse},
    served::revalidate,
    shared::Shared,
    upload::Upload,
};

const POLLED_AGAIN: &str = "a future is not polled again after it was ready";

/// The service that [`HotMiddleware`](crate::HotMiddleware) wraps around another. It answers requests for the
/// event stream and for the client's files, receives messages that are sent to the stream's path, and passes
/// all other requests on.
///
/// Requests for these routes are answered with 403 unless they are authorized, see
/// [`OptionsBuilder::allowed_host`](crate::OptionsBuilder::allowed_host). Every other request pays for one
/// comparison of its path, one for each prefix of a watch and, where pages are injected, a check whether it asks
/// for a page. Errors are the inner service's.
#[derive(Clone, Debug)]
pub struct HotMiddlewareService<S> {
    inner: S,
    shared: Arc<Shared>,
    #[cfg(feature = "websocket")]
    sockets: Arc<Sockets>,
}

impl<S> HotMiddlewareService<S> {
    pub(crate) fn new(
        inner: S,
        shared: Arc<Shared>,
        #[cfg(feature = "websocket")] sockets: Arc<Sockets>,
    ) -> Self {
        Self {
            inner,
            shared,
            #[cfg(feature = "websocket")]
            sockets,
        }
    }

    /// Answers a request whose path begins with the stream's, if it matches a route.
    #[cold]
    fn route<B>(&mut self, request: Request<B>) -> ResponseFuture<S::Future>
    where
        S: Service<Request<B>>,
        B: Body + Send + 'static,
    {
        let is_served = self.shared.is_served(request.method(), request.uri().path());
        match Route::of(&self.shared, request.method(), request.uri()) {
            Some(route) => match route.respond(&self.shared, request) {
                Ok(response) => response.into(),
                Err(request) => self.pass(request, is_served),
            },
            None => self.pass(request, is_served),
        }
    }

    /// Answers a request for a socket or for Vite's client, if it is one.
    #[cfg(feature = "websocket")]
    #[cold]
    fn route_vite<B>(&mut self, mut request: Request<B>) -> ResponseFuture<S::Future>
    where
        S: Service<Request<B>>,
    {
        let is_head = request.method() == http::Method::HEAD;
        match websocket::answer(&self.shared, &self.sockets, &mut request) {
            Some((answer, access)) => {
                route::finish(answer.response().map(OwnBody::text), access, is_head).into()
            }
            None => {
                let is_served = self.shared.is_served(request.method(), request.uri().path());
                self.pass(request, is_served)
            }
        }
    }

    /// Passes on a request for a module whose text is rewritten.
    #[cfg(feature = "watch")]
    #[cold]
    fn module<B>(&mut self, mut request: Request<B>, plan: modules::Plan) -> ResponseFuture<S::Future>
    where
        S: Service<Request<B>>,
    {
        let path = request.uri().path().to_owned();
        let base_path = self.shared.options().base_path.as_deref();
        let module = ModuleRequest::new(plan, &mut request, base_path);
        let module = Some(Box::new((module, path, self.shared.clone())));
        let future = self.inner.call(request);
        ResponseFuture { is_served: true, kind: Kind::Module { future, module } }
    }

    /// Passes on a request that may load a page, and records what the page will need.
    #[inline(never)]
    fn pass<B>(&mut self, mut request: Request<B>, is_served: bool) -> ResponseFuture<S::Future>
    where
        S: Service<Request<B>>,
    {
        let page = html::request(&self.shared, &mut request);
        let future = self.inner.call(request);
        ResponseFuture {
            is_served,
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
    ReqBody: Body + Send + 'static,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // A request that needs a closer look is moved. If it were borrowed by a function that isn't inlined,
        // it would be copied on its way to the inner service, which costs more than all of this.
        let options = self.shared.options();
        #[cfg(feature = "listen")]
        if drain::is_draining() {
            if let Some(location) = drain::redirect(&request, options.base_path.as_deref(), &options.path) {
                return route::moved(location).into();
            }
        }
        #[cfg(feature = "websocket")]
        if websocket::may_be_vite(&options.vite_base, &request) {
            return self.route_vite(request);
        }
        let path = request.uri().path();
        if begins_with(path, &options.path) || options.devtools.is_some() && path == inspector::WORKSPACE {
            return self.route(request);
        }
        let is_served = self.shared.is_served(request.method(), path);
        #[cfg(feature = "watch")]
        if is_served {
            if let Some(purpose) = modules::Purpose::of(request.method(), request.headers()) {
                if let Some(plan) =
                    self.shared.publisher().modules().plan(path, request.uri().query(), purpose)
                {
                    return self.module(request, plan);
                }
            }
        }
        if options.injects() && html::may_load(request.method(), request.headers()) {
            return self.pass(request, is_served);
        }
        ResponseFuture { is_served, kind: Kind::Inner { future: self.inner.call(request) } }
    }
}

/// Returns true if a path begins with a prefix. The character after the slash differs for almost all paths,
/// which saves a call of `memcmp`.
fn begins_with(path: &str, with: &str) -> bool {
    path.as_bytes().get(1) == with.as_bytes().get(1) && path.starts_with(with)
}

pin_project! {
    /// The response future of a [`HotMiddlewareService`].
    #[derive(Debug)]
    #[project = ResponseFutureProj]
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
        // True if the inner service's response may be a file that browsers have to revalidate.
        is_served: bool,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    // This middleware's own responses are boxed: every future is as large as its largest variant, and almost
    // all requests are passed on.
    enum Kind<F> {
        Inner {
            #[pin]
            future: F,
        },
        Page {
            #[pin]
            future: F,
            page: PageRequest,
        },
        Module {
            #[pin]
            future: F,
            module: Option<Box<(ModuleRequest, String, Arc<Shared>)>>,
        },
        Own {
            response: Option<Box<Response<OwnBody>>>,
        },
        Upload {
            upload: Upload,
            access: Option<Box<Access>>,
        },
    }
}

impl<F> From<RouteResponse> for ResponseFuture<F> {
    fn from(response: RouteResponse) -> Self {
        Self {
            is_served: false,
            kind: match response {
                RouteResponse::Ready(response) => Kind::Own { response: Some(Box::new(response)) },
                RouteResponse::Upload { upload, access } => {
                    Kind::Upload { upload, access: Some(Box::new(access)) }
                }
            },
        }
    }
}

impl<F, ResBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: Body<Data = Bytes>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ResponseFutureProj { kind, is_served } = self.project();
        Poll::Ready(Ok(finish(match kind.project() {
            KindProj::Inner { future } => {
                let response = future.poll(cx).map_ok(|response| finish(response.map(ResponseBody::inner)));
                if !*is_served {
                    return response;
                }
                return response.map_ok(|mut response| {
                    revalidate(response.status(), response.headers_mut(), SystemTime::now());
                    response
                });
            }
            KindProj::Page { future, page } => {
                let (mut head, body) = ready!(future.poll(cx))?.into_parts();
                let body = match page.plan(&mut head, body.size_hint().exact()) {
                    Injection::Rewrite(rewriter) => ResponseBody::rewritten(body, rewriter),
                    Injection::Empty => ResponseBody::own(OwnBody::Empty),
                    Injection::None => ResponseBody::inner(body),
                };
                if *is_served {
                    revalidate(head.status, &mut head.headers, SystemTime::now());
                }
                Response::from_parts(head, body)
            }
            KindProj::Module { future, module } => module_response(ready!(future.poll(cx))?, module.take()),
            KindProj::Own { response } => response.take().expect(POLLED_AGAIN).map(ResponseBody::own),
            KindProj::Upload { upload, access } => {
                let outcome = ready!(Pin::new(upload).poll(cx));
                route::uploaded(outcome, *access.take().expect(POLLED_AGAIN)).map(ResponseBody::own)
            }
        })))
    }
}

/// The response to a request for a module, rewritten where it has to be.
#[cfg(feature = "watch")]
fn module_response<B>(
    response: Response<B>,
    request: Option<Box<(ModuleRequest, String, Arc<Shared>)>>,
) -> Response<ResponseBody<B>>
where
    B: Body<Data = Bytes>,
{
    let (request, path, shared) = *request.expect(POLLED_AGAIN);
    let (mut head, body) = response.into_parts();
    revalidate(head.status, &mut head.headers, SystemTime::now());
    let body = match request.respond(&mut head) {
        ModuleBody::Inner => ResponseBody::inner(body),
        ModuleBody::Encoded(coding) => {
            shared.terminal().module_encoded(&path, coding);
            ResponseBody::inner(body)
        }
        ModuleBody::Empty => ResponseBody::own(OwnBody::Empty),
        ModuleBody::Rewritten(rewriter) => ResponseBody::module(body, rewriter),
    };
    Response::from_parts(head, body)
}

/// Without the watcher, no module is known.
#[cfg(not(feature = "watch"))]
enum ModuleRequest {}

#[cfg(not(feature = "watch"))]
impl std::fmt::Debug for ModuleRequest {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

#[cfg(not(feature = "watch"))]
fn module_response<B>(
    _: Response<B>,
    _: Option<Box<(ModuleRequest, String, Arc<Shared>)>>,
) -> Response<ResponseBody<B>> {
    unreachable!("no request was taken for one of a module")
}
