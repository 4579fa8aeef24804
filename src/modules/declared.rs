//! Declarations about modules in the pages' HTML: import maps, and modules with a digest.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    import_map::{ImportMap, Mapping},
    resolve::{id, is_like_url, resolve, url},
};

/// The most pages whose declarations are kept; the oldest are forgotten.
const MOST_PAGES: usize = 64;

/// The most modules that a page can vouch for.
const MOST_SEALED: usize = 10_000;

/// The declarations of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    base: String,
    map: Option<ImportMap>,
    sealed: BTreeSet<Box<str>>,
}

impl Declared {
    /// Nothing, in the page at this path.
    pub(crate) fn new(path: &str) -> Self {
        Self { base: path.to_owned(), ..Self::default() }
    }

    /// Reads the `href` of `<base>`.
    pub(crate) fn base(&mut self, href: &str) {
        if let Some(base) = url(&self.base, href) {
            self.base = base;
        }
    }

    /// Reads the text of an import map, unless it is none.
    pub(crate) fn import_map(&mut self, text: &str) {
        let Some(next) = ImportMap::parse(text, &self.base) else { return };
        next.integrity.iter().for_each(|url| self.seal_id(url));
        match &mut self.map {
            Some(map) => map.merge(next),
            map => *map = Some(next),
        }
    }

    /// Notes a URL of which the page has a digest.
    pub(crate) fn integrity(&mut self, href: &str) {
        let href = if is_like_url(href) { href.to_owned() } else { format!("./{href}") };
        if let Some(url) = url(&self.base, &href) {
            self.seal_id(&url);
        }
    }

    fn seal_id(&mut self, url: &str) {
        if self.sealed.len() < MOST_SEALED {
            self.sealed.insert(id(url.split('?').next().unwrap_or_default()).into());
        }
    }
}

/// The declarations of all pages.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// By their paths, the oldest first.
    pages: Vec<(Box<str>, Arc<Declared>)>,
    /// The different import maps, with `None` if a page has none.
    maps: Vec<Option<Arc<Declared>>>,
}

/// The file that a specifier names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// None of this app's, as far as can be told here.
    Elsewhere,
    /// The file with this id; with its URL, if that comes from an import map.
    File(String, Option<String>),
    /// It depends on the page.
    Several(Vec<String>),
}

/// The file that a specifier may name beyond that, as only a browser can tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// It is bare, and no known page has a map for it.
    Anything,
    /// One whose id is an end of this path, with or without a host: a proxy or router may strip a prefix, and the host may
    /// be this app's.
    EndOf(String),
}

impl Pages {
    /// Replaces the declarations of a page. Returns true if specifiers may have another meaning now.
    pub(super) fn set(&mut self, path: &str, declared: Declared) -> bool {
        let known = self.pages.iter().position(|(known, _)| **known == *path);
        if known.is_none() && declared.map.is_none() && declared.sealed.is_empty() && !self.has_urls() {
            return false;
        }
        if known.is_some_and(|at| *self.pages[at].1 == declared) {
            return false;
        }
        if let Some(at) = known {
            self.pages.remove(at);
        } else if self.pages.len() == MOST_PAGES {
            self.pages.remove(0);
        }
        self.pages.push((path.into(), declared.into()));
        let mut maps: Vec<Option<Arc<Declared>>> = Vec::new();
        for (_, page) in &self.pages {
            let map = page.map.is_some().then_some(page);
            if !maps.iter().any(|known| known.as_ref().map(|known| &known.map) == map.map(|page| &page.map)) {
                maps.push(map.cloned());
            }
        }
        let is_changed = self.maps.len() != maps.len()
            || self.maps.iter().zip(&maps).any(|(one, other)| {
                one.as_ref().map(|page| &page.map) != other.as_ref().map(|page| &page.map)
            });
        self.maps = maps;
        is_changed
    }

    /// Returns true if an import map has entries for URLs. Then it matters which pages have none.
    fn has_urls(&self) -> bool {
        self.maps.iter().flatten().filter_map(|page| page.map.as_ref()).any(ImportMap::has_urls)
    }

    /// Returns true if the page at this path vouches for modules.
    pub(super) fn has_seals(&self, path: &str) -> bool {
        self.pages.iter().any(|(known, page)| **known == *path && !page.sealed.is_empty())
    }

    /// Forgets which modules a page vouches for.
    pub(super) fn unseal(&mut self, path: &str) {
        for (_, page) in self.pages.iter_mut().filter(|(known, _)| **known == *path) {
            *page = Arc::new(Declared { sealed: BTreeSet::new(), ..(**page).clone() });
        }
    }

    /// Returns true for a file whose bytes a page vouches for.
    pub(super) fn is_sealed(&self, id: &str) -> bool {
        self.pages.iter().any(|(_, page)| page.sealed.contains(id))
    }

    /// Resolves a specifier in the module with this id.
    pub(super) fn resolve(&self, base: &str, specifier: &str) -> Target {
        let plain = || url(base, specifier);
        let mut targets: Vec<(Option<String>, bool)> = Vec::new();
        for page in &self.maps {
            let mapping = page.as_ref().and_then(|page| page.map.as_ref());
            let target = match mapping.map_or(Mapping::Unmapped, |map| map.resolve(base, specifier)) {
                Mapping::Url(url) => (Some(url), true),
                Mapping::Elsewhere(_) => (None, true),
                // A page where it means nothing does not import the module.
                Mapping::Unmapped if !is_like_url(specifier) => continue,
                Mapping::Unmapped => (plain(), false),
            };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        if targets.is_empty() {
            targets.push((plain(), false));
        }
        let id_of = |url: &str| id(url.split('?').next().unwrap_or_default()).into_owned();
        match &*targets {
            [(None, _)] => Target::Elsewhere,
            [(Some(url), is_mapped)] => Target::File(id_of(url), is_mapped.then(|| url.clone())),
            several => {
                Target::Several(several.iter().flat_map(|(url, _)| url).map(|url| id_of(url)).collect())
            }
        }
    }

    /// Returns what a specifier in the module with this id may name apart from what `resolve` finds.
    pub(super) fn beyond(&self, base: &str, specifier: &str) -> Option<Beyond> {
        let mappings = self.maps.iter().flatten().filter_map(|page| page.map.as_ref());
        let mapping = mappings
            .map(|map| map.resolve(base, specifier))
            .find(|mapping| !matches!(mapping, Mapping::Unmapped));
        match mapping {
            Some(Mapping::Url(url) | Mapping::Elsewhere(Some(url))) => end_of(&url),
            Some(Mapping::Elsewhere(None)) => None,
            Some(Mapping::Unmapped) | None if is_like_url(specifier) => end_of(specifier),
            Some(Mapping::Unmapped) | None => Some(Beyond::Anything),
        }
    }
}

/// The host, if there is one, and the path of a URL that is not relative.
fn end_of(url: &str) -> Option<Beyond> {
    let rest = ["http:", "https:"].iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or(url);
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/')?),
        None => ("", rest),
    };
    let path = path.starts_with('/').then(|| resolve("/", path))??;
    Some(Beyond::EndOf(format!("{host}{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(map: &str) -> Declared {
        let mut page = Declared::new("/");
        page.import_map(map);
        page
    }

    fn file(id: &str, url: Option<&str>) -> Target {
        Target::File(id.to_owned(), url.map(str::to_owned))
    }

    #[test]
    fn specifiers_mean_what_the_pages_say() {
        let mut pages = Pages::default();
        assert_eq!(pages.resolve("/js/a.js", "./b.js"), file("/js/b.js", None));
        assert_eq!(pages.resolve("/js/a.js", "b"), Target::Elsewhere);
        assert!(!pages.set("/none", Declared::new("/none")));
        assert!(pages.set("/one", page(r#"{"imports":{"b":"/b.js?v=1"}}"#)));
        assert!(!pages.set("/two", page(r#"{"imports":{"b":"/b.js?v=1"}}"#)));
        assert_eq!(pages.resolve("/js/a.js", "b"), file("/b.js", Some("/b.js?v=1")));
        assert_eq!(pages.resolve("/js/a.js", "./b.js"), file("/js/b.js", None));
        assert!(pages.set("/two", page(r#"{"imports":{"b":"/c.js"}}"#)));
        assert_eq!(pages.resolve("/js/a.js", "b"), Target::Several(vec!["/b.js".into(), "/c.js".into()]));
        assert!(pages.set("/two", Declared::new("/two")));
        assert_eq!(pages.resolve("/js/a.js", "b"), file("/b.js", Some("/b.js?v=1")));
    }

    #[test]
    fn what_a_browser_alone_can_tell_is_known_to_be_unknown() {
        let end = |path: &str| Some(Beyond::EndOf(path.to_owned()));
        let mut pages = Pages::default();
        let cases = [
            ("lit", Some(Beyond::Anything)),
            ("./b.js", None),
            ("/app/x/../b.js?c", end("/app/b.js")),
            ("http://localhost:3000/b.js", end("localhost:3000/b.js")),
            ("//host/b.js", end("host/b.js")),
            ("https://host", None),
            ("data:text/javascript,/b.js", None),
        ];
        for (specifier, expected) in cases {
            assert_eq!(pages.beyond("/js/a.js", specifier), expected, "{specifier}");
        }
        pages.set("/", page(r#"{"imports":{"lit":"https://cdn.test/lit.js","a":"/app/a.js","no":null}}"#));
        let cases = [
            ("lit", end("cdn.test/lit.js")),
            ("a", end("/app/a.js")),
            ("no", None),
            ("preact", Some(Beyond::Anything)),
        ];
        for (specifier, expected) in cases {
            assert_eq!(pages.beyond("/js/a.js", specifier), expected, "{specifier}");
        }
    }

    #[test]
    fn a_url_in_a_map_means_another_file_only_on_pages_with_that_map() {
        let mut pages = Pages::default();
        assert!(pages.set("/one", page(r#"{"imports":{"/a.js":"/b.js"}}"#)));
        assert_eq!(pages.resolve("/main.js", "./a.js"), file("/b.js", Some("/b.js")));
        assert!(pages.set("/two", Declared::new("/two")));
        assert_eq!(
            pages.resolve("/main.js", "./a.js"),
            Target::Several(vec!["/b.js".into(), "/a.js".into()])
        );
    }

    #[test]
    fn pages_vouch_for_modules() {
        let mut pages = Pages::default();
        let mut declared = Declared::new("/x/page");
        declared.integrity("a.js?v=1");
        declared.integrity("https://cdn.test/b.js");
        declared.base("/y/");
        declared.integrity("./c d.js");
        declared.import_map(r#"{"integrity":{"/d.js":"sha256-x"}}"#);
        assert!(pages.set("/x/page", declared));
        let sealed = ["/x/a.js", "/y/c%20d.js", "/d.js", "/b.js", "/a.js"].map(|id| pages.is_sealed(id));
        assert_eq!(sealed, [true, true, true, false, false]);
        assert!(pages.has_seals("/x/page") && !pages.has_seals("/d.js"));
        let again = (*pages.pages[0].1).clone();
        pages.unseal("/x/page");
        assert!(!pages.has_seals("/x/page") && !pages.is_sealed("/d.js"), "it is sent again");
        pages.set("/x/page", again);
        assert!(pages.is_sealed("/d.js"));
        for n in 0..MOST_PAGES {
            pages.set(&format!("/{n}"), page("{}"));
        }
        assert!(!pages.is_sealed("/d.js"), "the oldest is forgotten");
    }
}
