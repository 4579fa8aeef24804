//! Plain-text responses that give the reason for an error.

use std::fmt;

use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};

/// Creates a response of one line of text. It is not cacheable, because the reason may go away.
pub(crate) fn plain_text(status: StatusCode, reason: &dyn fmt::Display) -> Response<String> {
    let mut response = Response::new(format!("{reason}\n"));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
