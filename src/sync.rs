//! The hub's lock. `tests/interleavings` replaces this file with a lock that tries every order of threads.

pub(crate) use std::sync::{Mutex, MutexGuard};
