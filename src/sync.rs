//! The lock under the hub, from one place: `tests/interleavings` puts one here that tries every order of threads.

pub(crate) use std::sync::{Mutex, MutexGuard};
