//! The headers of a kept page.

use http::{HeaderMap, HeaderValue, header};

/// The headers of a page that its client wants to know.
#[derive(Clone, Debug)]
pub(crate) struct PageHead {
    pub(crate) content_type: HeaderValue,
    /// The `Content-Security-Policy`: a page with another one can't be updated in place.
    pub(crate) policy: Option<HeaderValue>,
}

impl PageHead {
    /// Reads a response's headers. `None` if they have no `Content-Type`, or more than one policy that can't be joined.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?.clone();
        let mut lines = headers.get_all(header::CONTENT_SECURITY_POLICY).iter();
        let policy = match (lines.next(), lines.next()) {
            (first, None) => first.cloned(),
            // As a browser joins them for a script.
            _ => {
                let lines: Vec<_> = headers
                    .get_all(header::CONTENT_SECURITY_POLICY)
                    .iter()
                    .map(HeaderValue::as_bytes)
                    .collect();
                Some(HeaderValue::from_bytes(&lines.join(&b", "[..])).ok()?)
            }
        };
        Some(Self { content_type, policy })
    }

    /// Number of bytes of the policy. The media type is short.
    pub(super) fn cost(&self) -> usize {
        self.policy.as_ref().map_or(0, HeaderValue::len)
    }
}
