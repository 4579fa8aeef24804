//! The client's script tag in the app's HTML pages, as they stream.
//!
//! The flow of a page: [`may_load`] lets other requests pass at a glance; [`request()`] reads from the request's head whether
//! a browser navigates, and notes what the page will be made from; [`plan`](inject::plan) reads from the response's head
//! whether it is a page, corrects that head, and returns an [`Injector`]; the injector passes the body on, chunk by chunk,
//! with the [`Tag`] in its place. An error in plain text becomes an [`ErrorPage`]. Nothing here waits, and no page is
//! buffered or copied.

mod error_page;
mod inject;
mod navigation;
mod page;
mod policy;
mod rewriter;
mod script_tag;
#[cfg(test)]
mod tests;
mod tokenizer;

use error_page::ErrorPage;
use inject::Injector;
pub(crate) use navigation::may_load;
pub(crate) use page::{Injection, PageRequest, request};
pub(crate) use rewriter::Rewriter;
use script_tag::Tag;
