//! Vite's protocol (vite 8.3.8): sockets beside the event streams, on the same hub. `docs/websocket.md` has the wire.

mod backpressure;
mod handshake;
mod incoming;
mod listener;
mod message;
mod socket;
mod sockets;

pub(crate) use handshake::{answer, concerns};
pub(crate) use listener::listen;
pub(crate) use sockets::Sockets;
