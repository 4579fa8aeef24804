//! Reading of a message's body, within its bounds.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BufMut};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep},
};

use super::rejection::{MAX_SILENCE, Rejection};
use crate::messages::ByteShare;

pin_project! {
    /// Reads a body of at most `max` bytes, which count against a shared pool.
    #[derive(Debug)]
    pub(super) struct Receive<B> {
        #[pin]
        body: B,
        max: usize,
        received: Vec<u8>,
        share: Option<ByteShare>,
        // Armed at the first pending poll.
        #[pin]
        silence: Option<Sleep>,
    }
}

/// A complete body and its share of the pool.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    /// Returned to the pool on drop.
    _share: Option<ByteShare>,
}

impl<B: Body> Receive<B> {
    pub(super) fn new(body: B, max: usize, share: ByteShare) -> Self {
        Self { body, max, received: Vec::new(), share: Some(share), silence: None }
    }
}

impl<B: Body> Future for Receive<B> {
    type Output = Result<Received, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let frame = match this.body.as_mut().poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    // Without a runtime there is no timer.
                    if this.silence.is_none() && Handle::try_current().is_ok() {
                        this.silence.set(Some(sleep(MAX_SILENCE)));
                    }
                    let Some(silence) = this.silence.as_mut().as_pin_mut() else { return Poll::Pending };
                    ready!(silence.poll(cx));
                    return Poll::Ready(Err(Rejection::silent(this.received.len())));
                }
            };
            match frame {
                None => {
                    let (bytes, share) = (mem::take(this.received), this.share.take());
                    return Poll::Ready(Ok(Received { bytes, _share: share }));
                }
                Some(Err(_)) => return Poll::Ready(Err(Rejection::broken_off(this.received.len()))),
                Some(Ok(frame)) => {
                    if let Some(silence) = this.silence.as_mut().as_pin_mut() {
                        silence.reset(Instant::now() + MAX_SILENCE);
                    }
                    // Trailers are ignored.
                    let Ok(data) = frame.into_data() else { continue };
                    if data.remaining() > *this.max - this.received.len() {
                        return Poll::Ready(Err(Rejection::too_large(*this.max)));
                    }
                    make_room(this.received, data.remaining(), *this.max);
                    let Some(share) = this.share.as_mut() else { continue };
                    if !share.grow_to(this.received.capacity()) {
                        return Poll::Ready(Err(Rejection::too_many_bytes(share.pool().max())));
                    }
                    this.received.put(data);
                }
            }
        }
    }
}

/// Reserves room for `more` bytes by doubling the capacity, up to `max`.
fn make_room(received: &mut Vec<u8>, more: usize, max: usize) {
    let needed = received.len() + more;
    if needed > received.capacity() {
        received.reserve_exact(needed.max(2 * received.capacity()).min(max) - received.len());
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures_util::{FutureExt, StreamExt, stream};
    use http::{HeaderMap, StatusCode};
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;
    use crate::messages::BytePool;

    fn receive<E>(frames: Vec<Result<Frame<Bytes>, E>>, max: usize) -> Result<Vec<u8>, Rejection> {
        let body = StreamBody::new(stream::iter(frames));
        let receive = Receive::new(body, max, BytePool::new(1 << 20).share());
        Box::pin(receive).now_or_never().unwrap().map(|received| received.bytes)
    }

    fn data(text: &'static str) -> Frame<Bytes> {
        Frame::data(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_body_is_read_up_to_its_bound() {
        let receive = |frames: Vec<_>, max| receive::<Infallible>(frames.into_iter().map(Ok).collect(), max);
        assert_eq!(receive(vec![data("ab"), data(""), data("cd")], 4).unwrap(), b"abcd");
        assert_eq!(receive(vec![data("ab"), Frame::trailers(HeaderMap::new())], 4).unwrap(), b"ab");
        assert_eq!(receive(Vec::new(), 0).unwrap(), b"");
        let rejection = receive(vec![data("ab"), data("cde")], 4).unwrap_err();
        assert_eq!(rejection.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(rejection.to_string().contains("larger than 4 bytes"), "{rejection}");
    }

    #[test]
    fn a_body_that_breaks_off_is_rejected() {
        let frames = vec![Ok(data("ab")), Err("reset")];
        let rejection = receive(frames, 4).unwrap_err();
        assert_eq!(rejection.status(), StatusCode::BAD_REQUEST);
        assert!(rejection.to_string().contains("after 2 bytes"), "{rejection}");
    }

    #[test]
    fn bodies_share_a_number_of_bytes() {
        let pool = BytePool::new(100);
        let frames = |bytes: usize| [Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b'x'; bytes])))];
        let receive = |bytes| {
            let body = StreamBody::new(stream::iter(frames(bytes)).chain(stream::pending()));
            Box::pin(Receive::new(body, 90, pool.share()))
        };
        let mut first = receive(60);
        assert!((&mut first).now_or_never().is_none(), "it waits for more");
        let rejection = receive(60).now_or_never().unwrap().unwrap_err();
        assert_eq!(rejection.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(rejection.to_string().contains("More than 100 bytes"), "{rejection}");
        assert!(receive(40).now_or_never().is_none());
        drop(first);
        assert!(receive(60).now_or_never().is_none(), "a dropped body returns its bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_falls_silent_is_given_up() {
        let late = stream::once(async {
            sleep(MAX_SILENCE * 9 / 10).await;
            Ok::<_, Infallible>(data("ab"))
        });
        let body = StreamBody::new(Box::pin(late.chain(stream::pending())));
        let begin = Instant::now();
        let rejection = Receive::new(body, 4, BytePool::new(100).share()).await.unwrap_err();
        assert_eq!(rejection.status(), StatusCode::REQUEST_TIMEOUT);
        assert!(rejection.to_string().contains("after 2 bytes"), "{rejection}");
        let waited = begin.elapsed();
        assert!(
            waited > MAX_SILENCE && waited < 2 * MAX_SILENCE + std::time::Duration::from_secs(1),
            "{waited:?}"
        );
    }
}
