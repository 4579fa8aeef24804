//! The headers that tell browsers which pages may read a response.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS},
};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The result of authorizing a request: which pages may read its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Requested by a page of this server, or by a client that isn't a page.
    SameOrigin,
    /// Requested by a page of this other origin, which may read the response.
    Origin(HeaderValue),
}

impl Access {
    /// Adds the headers that tell browsers which pages may read the response.
    pub(crate) fn head(self, headers: &mut HeaderMap) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let policy = match self {
            Self::SameOrigin => "same-origin",
            Self::Origin(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.insert(VARY, HeaderValue::from_static("Origin"));
                "cross-origin"
            }
        };
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(policy));
    }
}
