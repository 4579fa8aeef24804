//! Backpressure from a socket's writes to its reads.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Number of bytes that are read while written bytes are still unsent.
///
/// A pong is shorter than its ping, so unsent pongs take no more than this. It is the largest size of a message: a peer
/// that reads an event slowly can still send one, and its own pongs.
const READ_AHEAD: usize = 64 << 10;

/// A connection that stops reading while its writes make no progress.
///
/// tungstenite queues a pong for each ping without bound, and its `max_write_buffer_size` would refuse large events as
/// well. Unread bytes stay in the kernel instead, whose window then stops the sender (RFC 9293, section 3.8.6).
#[derive(Debug)]
pub(super) struct Backpressure<Io> {
    io: Io,
    /// Number of bytes read since a write was left incomplete; `None` after a complete one.
    read_ahead: Option<usize>,
}

impl<Io> Backpressure<Io> {
    pub(super) fn new(io: Io) -> Self {
        Self { io, read_ahead: None }
    }

    /// Returns the connection, to drain it.
    pub(super) fn get_mut(&mut self) -> &mut Io {
        &mut self.io
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Backpressure<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read_ahead.is_some_and(|read| read >= READ_AHEAD) {
            // The pending write wakes the task, as one task polls both directions.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        if let Some(read) = &mut self.read_ahead {
            *read += buffer.filled().len() - before;
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Backpressure<Io> {
    /// tungstenite passes its whole buffer with each call, so a complete write leaves nothing unsent.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        match written {
            Poll::Ready(Ok(count)) if count >= bytes.len() => self.read_ahead = None,
            Poll::Ready(Ok(_)) | Poll::Pending => _ = self.read_ahead.get_or_insert(0),
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        task::unconstrained,
    };

    use super::*;

    /// Reads as much as is available now.
    fn read(io: &mut Backpressure<DuplexStream>) -> usize {
        let mut all = vec![0; 1 << 20];
        let mut count = 0;
        while let Some(Ok(more @ 1..)) = unconstrained(io.read(&mut all[..4096])).now_or_never() {
            count += more;
        }
        count
    }

    #[tokio::test]
    async fn reading_from_a_peer_that_does_not_read_is_bounded() {
        let (mut peer, io) = duplex(1 << 20);
        let flood = vec![0; 300 << 10];
        let mut io = Backpressure::new(io);
        peer.write_all(&flood).await.unwrap();
        assert_eq!(read(&mut io), flood.len(), "no bytes are unsent");

        let full = vec![0; (1 << 20) + 1];
        assert_eq!(io.write(&full).await.unwrap(), 1 << 20);
        peer.write_all(&flood).await.unwrap();
        let ahead = read(&mut io);
        assert!((READ_AHEAD..READ_AHEAD + 4096).contains(&ahead), "{ahead}");
        assert!(io.write(&full).now_or_never().is_none());
        assert_eq!(read(&mut io), 0, "and a second attempt reads no more");

        peer.read_exact(&mut vec![0; 1000]).await.unwrap();
        assert_eq!(io.write(&full).await.unwrap(), 1000);
        assert_eq!(read(&mut io), 0, "nor after a part was sent");
        peer.read_exact(&mut vec![0; 1 << 20]).await.unwrap();
        io.write_all(&full[..1]).await.unwrap();
        assert_eq!(read(&mut io), flood.len() - ahead, "after all was sent, the rest is read");
    }
}
