//! The client's script tag into the app's HTML pages, as they stream, and the client's files.
//!
//! The way of a page: [`may_load`] lets other requests pass at a glance; [`request()`] notes what the page will be
//! made from; [`PageLoad`] reads from the request's head whether a browser is loading a page; [`plan`] reads from the
//! answer's head whether it is one, makes the head say what will go out, and hands back an [`Injector`]; the injector
//! passes the body on, chunk by chunk, with the [`Tag`] in its place. Nothing here waits, and no page is gathered or
//! copied.

mod assets;
mod field;
mod inject;
mod page_load;
mod request;
mod scan;
mod tag;
#[cfg(test)]
mod tests;

pub(crate) use assets::{Asset, asset};
pub(crate) use field::members as field_members;
pub(crate) use inject::Injector;
use page_load::PageLoad;
pub(crate) use page_load::may_load;
pub(crate) use request::{PageRequest, request};
use tag::Tag;
