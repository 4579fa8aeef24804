//! A body that comes in pieces.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A body whose bytes are known and come in these pieces.
#[derive(Clone, Debug, Default)]
pub struct Chunks(VecDeque<Bytes>);

impl Chunks {
    /// The bytes in pieces of this many, in as few as there can be.
    #[must_use]
    pub fn by(size: usize, bytes: &[u8]) -> Self {
        Self(bytes.chunks(size.max(1)).map(Bytes::copy_from_slice).collect())
    }

    /// The bytes in two pieces, the first of this length.
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
