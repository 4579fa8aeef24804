//! The browser client's files, as they lie in `client-js/`.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};

/// One of the client's files.
#[derive(Debug)]
pub(crate) struct ClientFile {
    name: &'static str,
    text: &'static str,
    etag: String,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        static FILES: LazyLock<Vec<ClientFile>> = LazyLock::new(|| {
            vec![$(ClientFile::new($name, include_str!(concat!("../client-js/", $name)))),*]
        });
    };
}

files![
    "client.js",
    "load.js",
    "overlay/ansi.js",
    "overlay/controller.js",
    "overlay/host.js",
    "overlay/log.js",
    "overlay/overlay.js",
    "overlay/problem-store.js",
    "overlay/problem.js",
    "overlay/runtime-errors.js",
    "overlay/style.js",
    "page.js",
    "stream/client-messages.js",
    "stream/config.js",
    "stream/connection.js",
    "stream/network.js",
    "stream/text.js",
    "stream/time-limit.js",
    "stream/url.js",
    "update/apply.js",
    "update/bundles.js",
    "update/charset.js",
    "update/dom.js",
    "update/images.js",
    "update/modules.js",
    "update/page-answer.js",
    "update/reload.js",
    "update/rewrite.js",
    "update/session.js",
    "update/split-rules.js",
    "update/stylesheets.js",
    "update/usage.js",
    "update/worker-caches.js"
];

/// The file of this name.
pub(crate) fn file(name: &str) -> Option<&'static ClientFile> {
    FILES.iter().find(|file| file.name == name)
}

impl ClientFile {
    fn new(name: &'static str, text: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { name, text, etag: format!("\"{:016x}\"", hasher.finish()) }
    }

    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// Fills in the head of a response with this file.
    pub(crate) fn head(&self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript;charset=utf-8"));
        // The browser asks each time, and gets an empty answer while the crate stays as it is.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(ETAG, etag);
        }
    }

    /// Whether the browser has this very file (RFC 9110, section 13.1.2).
    pub(crate) fn matches(&self, headers: &HeaderMap) -> bool {
        headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
            value.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.etag)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_module_of_the_client_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("client-js");
        let on_disk: BTreeSet<_> = ["", "overlay/", "stream/", "update/"]
            .into_iter()
            .flat_map(|folder| {
                fs::read_dir(root.join(folder))
                    .unwrap()
                    .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
                    .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "js"))
                    .map(move |name| format!("{folder}{name}"))
            })
            .collect();
        let carried: BTreeSet<_> = FILES.iter().map(|file| file.name.to_owned()).collect();
        assert_eq!(carried, on_disk);
    }

    #[test]
    fn a_tag_matches_itself_alone() {
        let file = file("client.js").unwrap();
        let matches = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
            file.matches(&headers)
        };
        let tag = file.etag.as_str();
        assert!(matches(tag) && matches("*"));
        assert!(matches(&format!("\"other\", W/{tag}")));
        assert!(!matches("\"other\"") && !matches(tag.trim_matches('"')));
    }
}
