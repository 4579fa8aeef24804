//! The client's script tag in the app's HTML pages, as they stream.
//!
//! How a page flows: [`may_load`] lets other requests pass at a glance; [`request()`] notes what the page will be made
//! from; [`NavigationRequest`] reads from the request's head whether a browser navigates; [`plan`](inject::plan) reads
//! from the response's head whether it is a page, corrects that head, and returns an [`Injector`]; the injector passes
//! the body on, chunk by chunk, with the [`Tag`] in its place. Nothing here waits, and no page is buffered or copied.

mod inject;
mod navigation;
mod page;
mod script_tag;
#[cfg(test)]
mod tests;
mod tokenizer;

pub(crate) use inject::Injector;
use navigation::NavigationRequest;
pub(crate) use navigation::may_load;
pub(crate) use page::{Injection, PageRequest, request};
use script_tag::Tag;
