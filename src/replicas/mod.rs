//! One log for several processes, in Redis: what the sources of each publish is applied by all, in the same order.
//!
//! Two threads, each with a connection: one sends operations, the other one reads and applies them. They end when the hub is
//! closed or gone. While Redis is away, operations are applied ahead, at once, and sent later.

mod applied;
mod handle;
mod health;
mod outbox;
mod reader;
mod relay;
mod store;
mod writer;

pub(crate) use self::handle::Handle;
