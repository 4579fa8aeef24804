//! Listening sockets that the process has inherited (`sd_listen_fds(3)`).

use std::{
    net::{SocketAddr, TcpListener},
    sync::{LazyLock, Mutex, PoisonError},
};

use listenfd::ListenFd;

/// The most sockets that are taken over, more than an app needs.
const MAX: usize = 64;

/// The sockets that have not been taken yet.
static SOCKETS: LazyLock<Mutex<Vec<TcpListener>>> = LazyLock::new(|| {
    let mut passed = ListenFd::from_env();
    let count = passed.len().min(MAX);
    // A socket that is not a TCP listener is left to the app.
    Mutex::new((0..count).filter_map(|index| passed.take_tcp_listener(index).ok().flatten()).collect())
});

/// Takes the socket that is bound to this address, or another one if the address may differ.
pub(super) fn take(address: SocketAddr, may_differ: bool) -> Option<TcpListener> {
    let mut sockets = SOCKETS.lock().unwrap_or_else(PoisonError::into_inner);
    let bound: Vec<_> = sockets.iter().map(TcpListener::local_addr).collect();
    let at = choose(address, bound.iter().map(|bound| bound.as_ref().ok()), may_differ)?;
    Some(sockets.remove(at))
}

/// Closes the sockets that were not taken, so that connections to them are refused and don't wait forever.
pub(super) fn close() {
    SOCKETS.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Chooses among sockets by their addresses. Port 0 is any port.
fn choose<'a>(
    address: SocketAddr,
    bound: impl Iterator<Item = Option<&'a SocketAddr>>,
    exact: bool,
) -> Option<usize> {
    let fits = |bound: &SocketAddr| *bound == address || (address.port() == 0 && bound.ip() == address.ip());
    let bound: Vec<_> = bound.collect();
    let found = bound.iter().position(|bound| bound.is_some_and(fits));
    found.or_else(|| (!exact && !bound.is_empty()).then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_of_the_address_is_chosen() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let bound = ["127.0.0.1:3000", "[::1]:3000", "127.0.0.1:4000"].map(address);
        let cases = [
            ("127.0.0.1:3000", true, Some(0)),
            ("[::1]:3000", true, Some(1)),
            ("127.0.0.1:4000", false, Some(2)),
            ("127.0.0.1:0", true, Some(0)),
            ("[::1]:0", true, Some(1)),
            ("127.0.0.1:5000", true, None),
            ("127.0.0.1:5000", false, Some(0)),
        ];
        for (wanted, exact, expected) in cases {
            let chosen = choose(address(wanted), bound.iter().map(Some), exact);
            assert_eq!(chosen, expected, "{wanted}, exact: {exact}");
        }
        assert_eq!(choose(bound[0], std::iter::empty(), false), None);
    }
}
