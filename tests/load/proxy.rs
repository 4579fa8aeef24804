//! A proxy that cuts off every connection, each after a random number of bytes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A pseudo-random number generator with a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below this bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The proxy; it serves until the runtime ends.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    cuts: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr, mut random: Random) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicU64::new(0));
        let counted = cuts.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                // In the head, among the first events, or after many.
                let most = [400, 4_000, 4_000, 100_000][usize::try_from(random.below(4)).unwrap()];
                let (bytes, reset) = (random.below(most), random.below(2) == 0);
                let cuts = counted.clone();
                tokio::spawn(async move {
                    forward(client, server, usize::try_from(bytes).unwrap(), reset).await;
                    cuts.fetch_add(1, Relaxed);
                });
            }
        });
        Self { address, cuts }
    }

    /// Returns the number of connections that have been cut off so far.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Relaxed)
    }
}

/// Forwards a request and this many bytes of the response. Errors end it, which the client sees as a cut.
async fn forward(mut client: TcpStream, server: SocketAddr, bytes: usize, reset: bool) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let mut buffer = vec![0; 64 << 10];
    let Ok(count) = client.read(&mut buffer).await else { return };
    if server.write_all(&buffer[..count]).await.is_err() {
        return;
    }
    let mut left = bytes;
    while left > 0 {
        let Ok(count @ 1..) = server.read(&mut buffer).await else { return };
        let now = count.min(left);
        if client.write_all(&buffer[..now]).await.is_err() {
            return;
        }
        left -= now;
    }
    if reset {
        client.set_zero_linger().unwrap();
    }
}
