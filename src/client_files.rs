//! The browser client's files: the two that tags and imports name, and the bundles of the rest.
//!
//! `client-js/build.mjs` makes the bundles, so that a page requests one file instead of a hundred.
//!
//! Each has two URLs. Below `client-HASH/`, with a hash of all files, browsers cache it permanently and load it without
//! a request. Directly below the stream's path, `client.js` and `load.js` have URLs for hand-written tags and imports;
//! browsers revalidate them. Requests for the other files there are redirected to the folder with the hash.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::LazyLock,
};

use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION},
};

/// One of the client's files.
#[derive(Debug)]
pub(crate) struct ClientFile {
    name: &'static str,
    text: &'static str,
    etag: String,
}

/// A response to a request for one of the files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asset {
    /// The file under the hash of its content.
    Immutable(&'static ClientFile),
    /// The file under a URL that is the same in all versions, or under the hash of another version.
    Revalidated(&'static ClientFile),
    /// A redirect to the immutable URL.
    Moved(&'static ClientFile),
}

/// The files that are served directly below the stream's path.
const ENTRIES: [&str; 2] = ["client.js", "load.js"];

/// The folder of the immutable URLs, below the stream's path.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    for file in FILES.iter() {
        (file.name, file.text).hash(&mut hasher);
    }
    format!("{FOLDER_START}{:016x}", hasher.finish())
});
const FOLDER_START: &str = "client-";

static FILES: LazyLock<[ClientFile; 7]> = LazyLock::new(|| {
    [
        ClientFile::new("client.js", include_str!("../client-js/client.js")),
        ClientFile::new("load.js", include_str!("../client-js/load.js")),
        ClientFile::new("page.js", include_str!("../client-js/dist/page.js")),
        ClientFile::new("import-with.js", include_str!("../client-js/dist/import-with.js")),
        ClientFile::new("stream/worker.js", include_str!("../client-js/dist/stream/worker.js")),
        ClientFile::new("inspector/inspector.css", include_str!("../client-js/inspector/inspector.css")),
        ClientFile::new("inspector/inspector.js", include_str!("../client-js/dist/inspector/inspector.js")),
    ]
});

/// Returns the immutable URL of a file, relative to the stream's path and its slash.
pub(crate) fn immutable_path(name: &str) -> String {
    format!("{}/{name}", *FOLDER)
}

/// Returns the asset at a path, relative to the stream's path and its slash.
pub(crate) fn asset(path: &str) -> Option<Asset> {
    if let Some((folder, name)) = path.split_once('/') {
        if is_folder(folder) {
            let is_current = folder == *FOLDER;
            // A page of an earlier version in the browser's cache still gets a client.
            return file(name).map(if is_current { Asset::Immutable } else { Asset::Revalidated });
        }
    }
    let asset = if ENTRIES.contains(&path) { Asset::Revalidated } else { Asset::Moved };
    file(path).map(asset)
}

fn is_folder(name: &str) -> bool {
    name.strip_prefix(FOLDER_START).is_some_and(|hash| {
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

fn file(name: &str) -> Option<&'static ClientFile> {
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

    fn content_type(&self) -> &'static str {
        if Path::new(self.name).extension().is_some_and(|extension| extension == "css") {
            "text/css;charset=utf-8"
        } else {
            "text/javascript;charset=utf-8"
        }
    }

    fn location(&self) -> String {
        let up = "../".repeat(self.name.matches('/').count());
        format!("{up}{}", immutable_path(self.name))
    }

    /// Returns true if the browser already has this version of the file (RFC 9110, section 13.1.2).
    pub(crate) fn matches(&self, headers: &HeaderMap) -> bool {
        headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
            value.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.etag)
        })
    }
}

impl Asset {
    pub(crate) fn file(self) -> &'static ClientFile {
        match self {
            Self::Immutable(file) | Self::Revalidated(file) | Self::Moved(file) => file,
        }
    }

    pub(crate) fn is_moved(self) -> bool {
        matches!(self, Self::Moved(_))
    }

    /// Adds the headers of the response.
    pub(crate) fn head(self, headers: &mut HeaderMap) {
        let file = self.file();
        let caching = match self {
            // Not public: shared caches have no reason to store it.
            Self::Immutable(_) => "private, max-age=31536000, immutable",
            // The browser revalidates each time, and gets a 304 unless the crate has changed.
            Self::Revalidated(_) | Self::Moved(_) => "no-cache",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        // A page with this policy starts only workers that have it too.
        headers.insert("cross-origin-embedder-policy", HeaderValue::from_static("require-corp"));
        let (name, value) = if self.is_moved() {
            (LOCATION, HeaderValue::try_from(file.location()))
        } else {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
            (ETAG, HeaderValue::try_from(&file.etag))
        };
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn every_bundle_is_included() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("client-js/dist");
        let on_disk: BTreeSet<_> = ["", "inspector/", "stream/"]
            .into_iter()
            .flat_map(|folder| {
                fs::read_dir(root.join(folder))
                    .unwrap()
                    .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
                    .filter(|name| name.contains('.'))
                    .map(move |name| format!("{folder}{name}"))
            })
            .collect();
        let others = ["client.js", "load.js", "inspector/inspector.css"];
        let bundles = FILES.iter().map(|file| file.name).filter(|name| !others.contains(name));
        assert_eq!(bundles.map(str::to_owned).collect::<BTreeSet<_>>(), on_disk);
    }

    #[test]
    fn a_path_has_one_asset() {
        let kind = |path: &str| {
            asset(path).map(|asset| match asset {
                Asset::Immutable(file) => ("immutable", file.name),
                Asset::Revalidated(file) => ("revalidated", file.name),
                Asset::Moved(file) => ("moved", file.name),
            })
        };
        let zeros = "0".repeat(16);
        for (path, expected) in [
            ("client.js", Some(("revalidated", "client.js"))),
            ("load.js", Some(("revalidated", "load.js"))),
            ("page.js", Some(("moved", "page.js"))),
            ("stream/worker.js", Some(("moved", "stream/worker.js"))),
            (&immutable_path("load.js"), Some(("immutable", "load.js"))),
            (&immutable_path("stream/worker.js"), Some(("immutable", "stream/worker.js"))),
            (&format!("client-{zeros}/stream/worker.js"), Some(("revalidated", "stream/worker.js"))),
            (&immutable_path("none.js"), None),
            (&immutable_path(&immutable_path("load.js")), None),
            (&format!("client-{zeros}0/load.js"), None),
            (&format!("client-{}/load.js", zeros.replace('0', "A")), None),
            ("client-/load.js", None),
            ("/load.js", None),
            ("", None),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn a_redirect_is_relative_to_the_file() {
        assert_eq!(file("page.js").unwrap().location(), immutable_path("page.js"));
        let nested = file("stream/worker.js").unwrap().location();
        assert_eq!(nested, format!("../{}", immutable_path("stream/worker.js")));
    }

    #[test]
    fn an_etag_matches_only_its_own_file() {
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
