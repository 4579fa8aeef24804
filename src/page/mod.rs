//! The client's script tag into the app's HTML pages, as they stream.
//!
//! The way of a page: [`PageLoad`] reads from the request's head whether a browser is loading a
//! page; [`plan`] reads from the answer's head whether it is one, makes the head say what will
//! go out, and hands back an [`Injector`]; the injector passes the body on, chunk by chunk, with
//! the [`Tag`] in its place. Nothing here waits, and no page is gathered or copied.

mod field;
mod inject;
mod page_load;
mod scan;
mod tag;
#[cfg(test)]
mod tests;

pub(crate) use inject::{Injector, plan};
pub(crate) use page_load::PageLoad;
pub(crate) use tag::{Tag, script_src};
