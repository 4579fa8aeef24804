//! A proxy before a Redis server: what a network does between an app and its server.

use std::{
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::processes::Folder;

/// How often a thread looks whether anything has changed.
const TICK: Duration = Duration::from_millis(5);

/// Passes the bytes of each connection on, and holds them back while it is cut.
pub(crate) struct Proxy {
    folder: Folder,
    state: Arc<State>,
}

struct State {
    target: Mutex<PathBuf>,
    is_cut: AtomicBool,
    is_over: AtomicBool,
    /// Number of switches to another server: connections to an earlier one end.
    switches: Mutex<u32>,
}

impl Proxy {
    pub(crate) fn to(target: &Path) -> Self {
        let folder = Folder::new();
        let state = Arc::new(State {
            target: Mutex::new(target.to_owned()),
            is_cut: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            switches: Mutex::new(0),
        });
        let listener = UnixListener::bind(folder.path().join("proxy.sock")).unwrap();
        let accepting = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.is_over() {
                    break;
                }
                let state = accepting.clone();
                thread::spawn(move || state.serve(&client));
            }
        });
        Self { folder, state }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("proxy.sock")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// From now on, nothing passes, and no connection ends: a network that drops packets.
    pub(crate) fn cut(&self) {
        self.state.is_cut.store(true, Ordering::Release);
    }

    pub(crate) fn heal(&self) {
        self.state.is_cut.store(false, Ordering::Release);
    }

    /// Connects to another server from now on, as an address does that moves to it.
    pub(crate) fn switch(&self, target: &Path) {
        target.clone_into(&mut self.state.target.lock().unwrap());
        *self.state.switches.lock().unwrap() += 1;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Release);
        let _ = UnixStream::connect(self.socket());
    }
}

impl State {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn wait_while_cut(&self) {
        while self.is_cut.load(Ordering::Acquire) && !self.is_over() {
            thread::sleep(TICK);
        }
    }

    fn serve(&self, client: &UnixStream) {
        self.wait_while_cut();
        let began = *self.switches.lock().unwrap();
        let target = self.target.lock().unwrap().clone();
        let Ok(server) = UnixStream::connect(target) else { return };
        thread::scope(|scope| {
            scope.spawn(|| self.pass(client, &server, began));
            self.pass(&server, client, began);
        });
    }

    /// Passes bytes one way until either end closes.
    fn pass(&self, mut from: &UnixStream, mut to: &UnixStream, began: u32) {
        let mut bytes = [0; 16 * 1024];
        from.set_read_timeout(Some(TICK)).unwrap();
        while !self.is_over() && *self.switches.lock().unwrap() == began {
            match from.read(&mut bytes) {
                Ok(0) => break,
                Ok(read) => {
                    self.wait_while_cut();
                    if to.write_all(&bytes[..read]).is_err() {
                        break;
                    }
                }
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => {}
                Err(_) => break,
            }
        }
        for end in [from, to] {
            let _ = end.shutdown(std::net::Shutdown::Both);
        }
    }
}
