//! The client's script tag in the app's HTML pages, as they stream.
//!
//! The flow of a page: [`may_load`] lets other requests pass at a glance; [`request()`] reads from the request's head whether
//! a browser navigates, and notes what the page will be made from; [`plan`](inject::plan) reads from the response's head
//! whether it is a page, corrects that head, and returns an [`Injector`]; the injector passes the body on, chunk by chunk,
//! with the [`Tag`] in its place. An error in plain text becomes an [`ErrorPage`]. Nothing here waits, and no page is
//! held back or copied on its way.
//!
//! The page without the tag is kept by [`Pages`](crate::pages::Pages) for its client, which compares a later answer with it.
//! What the client parses, a [`KeptPage`] or the answer when it asks for its page, has its `<noscript>` renamed by
//! [`NoscriptRenamer`].

#[cfg(feature = "watch")]
mod declarations;
mod error_page;
mod inject;
mod kept;
mod navigation;
mod noscript;
mod page;
mod policy;
mod rewriter;
mod script_tag;
#[cfg(test)]
mod tests;
mod tokenizer;

use error_page::ErrorPage;
use inject::Injector;
pub(crate) use kept::KeptPage;
pub(crate) use navigation::may_load;
use noscript::NoscriptRenamer;
pub(crate) use page::{Injection, PageRequest, request};
pub(crate) use rewriter::Rewriter;
use script_tag::Tag;
