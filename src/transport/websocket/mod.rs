//! Vite's protocol (vite 8.3.8): sockets that read the same hub as the event streams. `docs/websocket.md` has
//! the protocol.

mod backpressure;
mod handshake;
mod incoming;
mod listener;
mod message;
mod socket;
mod sockets;

pub(crate) use handshake::{answer, may_be_vite};
pub(crate) use listener::listen;
pub(crate) use sockets::Sockets;
