//! Import maps (HTML standard, section 8.1.5.2), as far as they name files of the app.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::resolve::{is_like_url, url};

/// The longest import map that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// The most entries of an import map that are read.
const MOST: usize = 10_000;

/// The import map of a page. URLs are paths of this app, with their queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ImportMap {
    imports: Entries,
    /// By the URL that the importing module's begins with; the longest first.
    scopes: Vec<(String, Entries)>,
    /// Modules whose bytes the page vouches for.
    pub(super) integrity: Vec<String>,
}

/// The address of each specifier.
type Entries = BTreeMap<String, Address>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    /// The path of a URL of this app.
    Path(String),
    /// With a host.
    Elsewhere(String),
    /// It must not resolve.
    None,
}

/// The meaning of a specifier.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mapping {
    /// No entry is for it.
    Unmapped,
    /// It is no file of this app, unless its address has this app's host.
    Elsewhere(Option<String>),
    Url(String),
}

impl ImportMap {
    /// Reads the text of an import map in a document with this base URL. Returns `None` for one that browsers reject.
    pub(super) fn parse(text: &str, base: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(default)]
            imports: BTreeMap<String, serde_json::Value>,
            #[serde(default)]
            scopes: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
            #[serde(default)]
            integrity: BTreeMap<String, serde_json::Value>,
        }
        // Serde reads a list as a structure too.
        if text.len() > LONGEST || !text.trim_start().starts_with('{') {
            return None;
        }
        let raw: Raw = serde_json::from_str(text).ok()?;
        let listed = raw.scopes.values().map(BTreeMap::len).sum::<usize>();
        if raw.imports.len() + raw.integrity.len() + listed > MOST {
            return None;
        }
        let entries = |raw: BTreeMap<String, serde_json::Value>| {
            let address = |key: &str, value: &serde_json::Value| {
                let Some(value) = value.as_str().filter(|value| is_like_url(value)) else {
                    return Address::None;
                };
                let Some(address) = url(base, value) else { return Address::Elsewhere(value.to_owned()) };
                if key.ends_with('/') && !address.ends_with('/') {
                    Address::None
                } else {
                    Address::Path(address)
                }
            };
            let entry = |(key, value): (String, serde_json::Value)| {
                let address = address(&key, &value);
                (url(base, &key).unwrap_or(key), address)
            };
            raw.into_iter().map(entry).collect::<Entries>()
        };
        let scopes = raw.scopes.into_iter();
        let mut scopes: Vec<_> =
            scopes.filter_map(|(prefix, raw)| Some((url(base, &prefix)?, entries(raw)))).collect();
        scopes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        let integrity = raw.integrity.keys().filter_map(|key| url(base, key)).collect();
        Some(Self { imports: entries(raw.imports), scopes, integrity })
    }

    /// Adds the entries of the page's next import map. Those of earlier ones have precedence.
    pub(super) fn merge(&mut self, next: Self) {
        let add = |entries: &mut Entries, next: Entries| {
            for (key, address) in next {
                entries.entry(key).or_insert(address);
            }
        };
        add(&mut self.imports, next.imports);
        for (prefix, entries) in next.scopes {
            match self.scopes.iter_mut().find(|(known, _)| *known == prefix) {
                Some((_, known)) => add(known, entries),
                None => self.scopes.push((prefix, entries)),
            }
        }
        self.scopes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self.integrity.extend(next.integrity);
    }

    /// Returns true if a specifier that is a URL can have an entry.
    pub(super) fn has_urls(&self) -> bool {
        let mut keys = self.imports.keys().chain(self.scopes.iter().flat_map(|(_, entries)| entries.keys()));
        keys.any(|key| is_like_url(key))
    }

    /// The meaning of a specifier in the module with this URL.
    pub(super) fn resolve(&self, base: &str, specifier: &str) -> Mapping {
        let as_url = url(base, specifier);
        if as_url.is_none() && is_like_url(specifier) {
            return Mapping::Elsewhere(Some(specifier.to_owned()));
        }
        let key = as_url.as_deref().unwrap_or(specifier);
        let is_scope = |prefix: &str| base == prefix || (prefix.ends_with('/') && base.starts_with(prefix));
        let scopes = self.scopes.iter().filter(|(prefix, _)| is_scope(prefix)).map(|(_, entries)| entries);
        scopes.chain([&self.imports]).find_map(|entries| find(entries, key)).unwrap_or(Mapping::Unmapped)
    }
}

fn find(entries: &Entries, key: &str) -> Option<Mapping> {
    if let Some(address) = entries.get(key) {
        return Some(match address.clone() {
            Address::Path(url) => Mapping::Url(url),
            Address::Elsewhere(url) => Mapping::Elsewhere(Some(url)),
            Address::None => Mapping::Elsewhere(None),
        });
    }
    // The longest prefix is the last of those that sort before the key.
    let (prefix, address) = entries
        .range(..key.to_owned())
        .rev()
        .find(|(prefix, _)| prefix.ends_with('/') && key.starts_with(&**prefix))?;
    let rest = &key[prefix.len()..];
    Some(match address {
        Address::Path(address) => url(address, &format!("./{rest}"))
            .filter(|whole| whole.starts_with(&**address))
            .map_or(Mapping::Elsewhere(None), Mapping::Url),
        Address::Elsewhere(address) => Mapping::Elsewhere(Some(format!("{address}{rest}"))),
        Address::None => Mapping::Elsewhere(None),
    })
}

#[cfg(test)]
mod tests {
    use super::{Mapping::*, *};

    #[test]
    fn specifiers_are_mapped() {
        let map = r##"{
            "imports": {
                "lit": "/npm/lit.js?v=3", "#lib/": "./lib/", "lib/deep/": "/deep/", "lib/": "/lib/",
                "cdn": "https://cdn.test/a.js", "none": null, "bad/": "/bad", "/js/old.js": "/js/new.js"
            },
            "scopes": { "/admin/": { "lit": "/admin/lit.js" }, "/admin/x/": { "lit": "/x/lit.js" } },
            "integrity": { "./a.js": "sha384-a", "https://cdn.test/a.js": "sha384-b" }
        }"##;
        let map = ImportMap::parse(map, "/pages/one").unwrap();
        let to = |text: &str| Url(text.to_owned());
        let cases = [
            ("/js/a.js", "lit", to("/npm/lit.js?v=3")),
            ("/js/a.js", "#lib/b.js", to("/pages/lib/b.js")),
            ("/js/a.js", "lib/b/c.js", to("/lib/b/c.js")),
            ("/js/a.js", "lib/deep/c.js", to("/deep/c.js")),
            ("/js/a.js", "lib/../c.js", Elsewhere(None)),
            ("/js/a.js", "cdn", Elsewhere(Some("https://cdn.test/a.js".to_owned()))),
            ("/js/a.js", "none", Elsewhere(None)),
            ("/js/a.js", "bad/a.js", Elsewhere(None)),
            ("/js/a.js", "./old.js", to("/js/new.js")),
            ("/js/a.js", "./b.js", Unmapped),
            ("/js/a.js", "react", Unmapped),
            ("/js/a.js", "https://cdn.test/b.js", Elsewhere(Some("https://cdn.test/b.js".to_owned()))),
            ("/admin/a.js", "lit", to("/admin/lit.js")),
            ("/admin/x/a.js", "lit", to("/x/lit.js")),
            ("/admin/x/a.js", "lib/", to("/lib/")),
        ];
        for (base, specifier, expected) in cases {
            assert_eq!(map.resolve(base, specifier), expected, "{specifier} in {base}");
        }
        assert_eq!(map.integrity, ["/pages/a.js"]);
    }

    #[test]
    fn the_first_of_several_maps_has_precedence() {
        let mut map =
            ImportMap::parse(r#"{"imports":{"a":"/1.js"},"scopes":{"/s/":{"a":"/2.js"}}}"#, "/").unwrap();
        let next =
            r#"{"imports":{"a":"/3.js","b":"/4.js"},"scopes":{"/s/":{"c":"/5.js"},"/s/t/":{"a":"/6.js"}}}"#;
        map.merge(ImportMap::parse(next, "/").unwrap());
        let cases =
            [("/a", "a", "/1.js"), ("/a", "b", "/4.js"), ("/s/a", "a", "/2.js"), ("/s/a", "c", "/5.js")];
        for (base, specifier, expected) in [&cases[..], &[("/s/t/a", "a", "/6.js")]].concat() {
            assert_eq!(map.resolve(base, specifier), Url(expected.to_owned()), "{specifier} in {base}");
        }
    }

    #[test]
    fn what_is_no_import_map_is_not_read() {
        for text in ["", "[]", "{", r#"{"imports":[]}"#, r#"{"scopes":{"/":7}}"#] {
            assert_eq!(ImportMap::parse(text, "/"), None, "{text}");
        }
        assert_eq!(ImportMap::parse("{}", "/"), Some(ImportMap::default()));
        assert_eq!(ImportMap::parse(&format!("{{}}{}", " ".repeat(LONGEST)), "/"), None);
        let many: Vec<_> = (0..=MOST).map(|n| format!("\"{n}\":\"/a.js\"")).collect();
        assert_eq!(ImportMap::parse(&format!("{{\"imports\":{{{}}}}}", many.join(",")), "/"), None);
    }
}
