//! A hub whose log is shared with other processes: sources hand their operations to an outlet, and what comes back from the
//! shared log is applied here, in the same order in every process.
//!
//! While the shared log is away, operations are applied *ahead* of it: pages of this process receive them at once, and skip
//! them when they come back. The hub knows no network. Whoever applies operations does so one after another.

mod apply;
mod enter;
mod operation;
mod outlet;
mod place;
mod state;

pub(crate) use self::{
    operation::Operation,
    outlet::{Counts, Done, Join, Outlet},
    place::{Note, Origin, Place},
    state::Relayed,
};
