//! A body in several chunks.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A body of these chunks.
#[derive(Clone, Debug, Default)]
pub struct Chunks(VecDeque<Bytes>);

impl Chunks {
    /// Splits the bytes into chunks of this size.
    #[must_use]
    pub fn by(size: usize, bytes: &[u8]) -> Self {
        Self(bytes.chunks(size.max(1)).map(Bytes::copy_from_slice).collect())
    }

    /// Splits the bytes into two chunks, the first of this length.
    #[must_use]
    pub fn cut(at: usize, bytes: &[u8]) -> Self {
        let (first, second) = bytes.split_at(at.min(bytes.len()));
        Self([first, second].map(Bytes::copy_from_slice).into())
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|chunk| chunk.len() as u64).sum())
    }
}
