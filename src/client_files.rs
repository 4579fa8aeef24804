//! The browser client's files, served unchanged from `client-js/`.
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
    for file in &*FILES {
        (file.name, file.text).hash(&mut hasher);
    }
    format!("{FOLDER_START}{:016x}", hasher.finish())
});
const FOLDER_START: &str = "client-";

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
    "inspector/format.js",
    "inspector/inspector.css",
    "inspector/inspector.js",
    "inspector/model.js",
    "inspector/poller.js",
    "inspector/view.js",
    "overlay/ansi.js",
    "overlay/code-frame.js",
    "overlay/console-text.js",
    "overlay/controller.js",
    "overlay/host.js",
    "overlay/log.js",
    "overlay/mapped-errors.js",
    "overlay/overlay.js",
    "overlay/problem-store.js",
    "overlay/problem.js",
    "overlay/reports.js",
    "overlay/runtime-errors.js",
    "overlay/source-map.js",
    "overlay/source-maps.js",
    "overlay/stack.js",
    "overlay/style.js",
    "page.js",
    "stream/broker.js",
    "stream/client-messages.js",
    "stream/config.js",
    "stream/connection.js",
    "stream/network.js",
    "stream/receipts.js",
    "stream/shared.js",
    "stream/text.js",
    "stream/time-limit.js",
    "stream/url.js",
    "stream/worker.js",
    "update/apply.js",
    "update/bundles.js",
    "update/charset.js",
    "update/document-request.js",
    "update/custom-elements.js",
    "update/documents.js",
    "update/dom.js",
    "update/form-fields.js",
    "update/hot-contexts.js",
    "update/handover.js",
    "update/idle.js",
    "update/invalidations.js",
    "update/unseen-importers.js",
    "update/images.js",
    "update/keep.js",
    "update/locator.js",
    "update/import-with.js",
    "update/module-graph.js",
    "update/module-preloads.js",
    "update/module-problems.js",
    "update/module-sheets.js",
    "update/modules.js",
    "update/page-answer.js",
    "update/page-updates.js",
    "update/page/align.js",
    "update/page/apply.js",
    "update/page/attributes.js",
    "update/page/certainty.js",
    "update/page/choices.js",
    "update/page/forms.js",
    "update/page/gate.js",
    "update/page/insert.js",
    "update/page/live-nodes.js",
    "update/page/match.js",
    "update/page/moved.js",
    "update/page/moves.js",
    "update/page/noise.js",
    "update/page/overlaps.js",
    "update/page/page-tree.js",
    "update/page/places.js",
    "update/page/plan.js",
    "update/page/rare-words.js",
    "update/page/reasons.js",
    "update/page/removals.js",
    "update/page/sequences.js",
    "update/page/similarity.js",
    "update/page/states.js",
    "update/page/styles.js",
    "update/page/texts.js",
    "update/page/units.js",
    "update/page/widgets.js",
    "update/page/words.js",
    "update/unlisted-modules.js",
    "update/reload.js",
    "update/popups.js",
    "update/resources.js",
    "update/rewrite.js",
    "update/session.js",
    "update/sheet-sources.js",
    "update/split-rules.js",
    "update/stylesheet-places.js",
    "update/stylesheets.js",
    "update/update-events.js",
    "update/usage.js",
    "update/worker-caches.js"
];

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
    fn every_module_of_the_client_is_included() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("client-js");
        let on_disk: BTreeSet<_> = ["", "inspector/", "overlay/", "stream/", "update/", "update/page/"]
            .into_iter()
            .flat_map(|folder| {
                fs::read_dir(root.join(folder))
                    .unwrap()
                    .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
                    .filter(|name| {
                        Path::new(name)
                            .extension()
                            .is_some_and(|extension| extension == "js" || extension == "css")
                    })
                    .map(move |name| format!("{folder}{name}"))
            })
            .collect();
        let carried: BTreeSet<_> = FILES.iter().map(|file| file.name.to_owned()).collect();
        assert_eq!(carried, on_disk);
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
            ("update/apply.js", Some(("moved", "update/apply.js"))),
            (&immutable_path("load.js"), Some(("immutable", "load.js"))),
            (&immutable_path("update/apply.js"), Some(("immutable", "update/apply.js"))),
            (&format!("client-{zeros}/update/apply.js"), Some(("revalidated", "update/apply.js"))),
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
        let nested = file("update/apply.js").unwrap().location();
        assert_eq!(nested, format!("../{}", immutable_path("update/apply.js")));
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
