//! Values of headers that authorize a request.

use http::{HeaderMap, HeaderValue, header::HeaderName};

use super::refusal::Refusal;

pub(super) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns the token in `Authorization: Bearer` (RFC 6750, section 2.1).
pub(super) fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// Returns the value of a header that may occur only once.
pub(super) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Refusal::several(name.as_str())),
    }
}

/// Returns true if the browser says that the page and the resource are of the same origin. Scripts can't set
/// this header.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    single(headers, &SEC_FETCH_SITE).is_ok_and(|site| site.is_some_and(|site| site == "same-origin"))
}
