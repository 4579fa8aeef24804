//! A line of text as a response: the reason why a request was not answered as asked.

use std::fmt;

use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};

/// A response of one line of text. It is true now and perhaps not later, so it is not stored.
pub(crate) fn plain_text(status: StatusCode, reason: &dyn fmt::Display) -> Response<String> {
    let mut response = Response::new(format!("{reason}\n"));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
