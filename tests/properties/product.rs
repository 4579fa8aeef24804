//! The crate's hub and patterns, compiled with the tests that need proptest.
#![cfg(test)]
#![allow(
    dead_code,
    unused_imports,
    reason = "the rest of the product is left out, and some of what it calls is here"
)]

/// Makes the modules available under their paths in the crate.
#[path = "../../src"]
mod product {
    pub(crate) mod build;
    pub(crate) mod bundle;
    pub(crate) mod errors;
    pub(crate) mod escape;
    pub(crate) mod hub;
    pub(crate) mod json;
    pub(crate) mod metrics;
    pub(crate) mod notice;
    pub(crate) mod sync;
    pub(crate) mod wire;
    pub(crate) mod source {
        pub(crate) mod watch {
            mod pattern;
            pub(crate) mod testing;
        }
    }
}

use product::{build, bundle, errors, escape, hub, json, metrics, notice, source, sync, wire};
