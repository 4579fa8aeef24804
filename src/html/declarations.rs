//! What a page says about modules in its HTML, found while the page streams: import maps, and the digests of modules.

use std::{borrow::Cow, sync::Arc};

use memchr::{memchr, memmem, memrchr};

use super::tokenizer::{Attribute, is_space};
use crate::{modules::Declared, shared::Shared};

/// The part of a page that is searched, in bytes.
const SEARCHED: usize = 1024 * 1024;

/// The longest element that is held back for the rest of it, in bytes. No byte of the page waits for that.
const LONGEST: usize = 256 * 1024;

/// The longest start tag that is waited for before something was found, in bytes.
const LONGEST_TAG: usize = 4 * 1024;

/// Words that are in a page which says something. No other page is looked at more closely.
static WORDS: [&[u8]; 2] = [b"importmap", b"integrity"];

/// Elements whose text is no HTML.
static RAW: [&[u8]; 4] = [b"script", b"style", b"textarea", b"title"];

/// A search through a page, fed chunk by chunk.
pub(super) struct Declarations {
    shared: Arc<Shared>,
    path: String,
    declared: Declared,
    /// The last bytes, of which something may begin.
    tail: Vec<u8>,
    searched: usize,
    /// True once one of the words was found.
    is_found: bool,
}

impl std::fmt::Debug for Declarations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Declarations").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Declarations {
    /// A search through the page at this path; `None` if no modules are served.
    pub(super) fn new(shared: &Arc<Shared>, path: &str) -> Option<Self> {
        (!shared.publisher().modules().is_empty()).then(|| Self {
            shared: shared.clone(),
            path: path.to_owned(),
            declared: Declared::new(path),
            tail: Vec::new(),
            searched: 0,
            is_found: false,
        })
    }

    /// Searches a chunk. What it says counts before the page's browser can have requested a module.
    pub(super) fn push(&mut self, chunk: &[u8]) {
        if self.searched >= SEARCHED {
            return;
        }
        if self.searched == 0 {
            self.shared.publisher().modules().unseal(&self.path);
        }
        self.searched += chunk.len();
        self.tail.extend_from_slice(chunk);
        self.is_found |= WORDS.iter().any(|word| memmem::find(&self.tail, word).is_some());
        let kept = if self.is_found {
            let before = self.declared.clone();
            let read = read(&self.tail, &mut self.declared);
            if self.declared != before {
                self.shared.publisher().modules().declare(&self.path, self.declared.clone());
            }
            read..self.tail.len()
        } else {
            memrchr(b'<', &self.tail).unwrap_or(self.tail.len())..self.tail.len()
        };
        let is_too_long = kept.len() > if self.is_found { LONGEST } else { LONGEST_TAG };
        self.tail.drain(..if is_too_long { self.tail.len() } else { kept.start });
    }

    /// Ends the page, which says nothing else.
    pub(super) fn finish(&mut self) {
        self.searched = SEARCHED;
        self.shared.publisher().modules().declare(&self.path, std::mem::take(&mut self.declared));
    }
}

/// Reads what HTML says about modules. Returns the position up to which it is complete.
fn read(html: &[u8], declared: &mut Declared) -> usize {
    let mut at = 0;
    while let Some(next) = memchr(b'<', &html[at..]) {
        let start = at + next;
        let rest = &html[start + 1..];
        if rest.starts_with(b"!--") {
            let Some(end) = memmem::find(rest, b"-->") else { return start };
            at = start + 1 + end;
            continue;
        }
        if b"!--".starts_with(rest) {
            return start;
        }
        let name_end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..name_end].to_ascii_lowercase();
        let is_raw = RAW.contains(&&*name);
        at = start + 1;
        if name_end == rest.len() {
            return start;
        }
        if !is_raw && name != b"link" && name != b"base" {
            continue;
        }
        let Some((tag, attributes)) = attributes(&rest[name_end..]) else { return start };
        let content = &rest[name_end + tag..];
        let text = if is_raw {
            let Some(end) = end_of(content, &name) else { return start };
            at = start + 1 + name_end + tag + end;
            String::from_utf8_lossy(&content[..end])
        } else {
            Cow::Borrowed("")
        };
        let get = |name: &str| attributes.iter().find(|(known, _)| known == name).map(|(_, value)| &**value);
        match &*name {
            b"script" if get("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("importmap")) => {
                // No browser loads one.
                let is_inline = get("src").is_none();
                declared.import_map(if is_inline { &text } else { "" });
            }
            b"script" | b"link" => {
                let url = if name == b"script" { get("src") } else { get("href") };
                if let (Some(url), Some(_)) = (url, get("integrity")) {
                    declared.integrity(url);
                }
            }
            b"base" => {
                if let Some(href) = get("href") {
                    declared.base(href);
                }
            }
            _ => {}
        }
    }
    html.len()
}

/// The position of the end tag of this element in its content.
fn end_of(content: &[u8], name: &[u8]) -> Option<usize> {
    memmem::find_iter(content, b"</").find(|end| {
        let rest = &content[end + 2..];
        rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && rest.get(name.len()).is_some_and(|byte| is_space(*byte) || matches!(byte, b'/' | b'>'))
    })
}

/// The name and value of an attribute.
type Pair<'a> = (String, Cow<'a, str>);

/// Reads the attributes of a start tag, up to and with its `>`. Returns its length too.
fn attributes(tag: &[u8]) -> Option<(usize, Vec<Pair<'_>>)> {
    let mut state = Attribute::BeforeName;
    let mut found: Vec<Pair<'_>> = Vec::new();
    let mut start = 0;
    for (at, &byte) in tag.iter().enumerate() {
        let next = state.next(byte);
        if next != Some(state) {
            let text = || String::from_utf8_lossy(&tag[start..at]);
            match state {
                Attribute::Name => found.push((text().to_ascii_lowercase(), Cow::Borrowed(""))),
                Attribute::Quoted(_) | Attribute::Unquoted => {
                    if let Some((_, value)) = found.last_mut() {
                        *value = match text() {
                            text if text.contains("&amp;") => text.replace("&amp;", "&").into(),
                            text => text,
                        };
                    }
                }
                _ => {}
            }
            start = if matches!(next, Some(Attribute::Quoted(_))) { at + 1 } else { at };
        }
        match next {
            Some(next) => state = next,
            None => return Some((at + 1, found)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page says, whole and byte by byte.
    fn declared(html: &str) -> Declared {
        let mut whole = Declared::new("/page");
        read(html.as_bytes(), &mut whole);
        let mut bitwise = Declared::new("/page");
        let mut tail = Vec::new();
        for byte in html.bytes() {
            tail.push(byte);
            let read = read(&tail, &mut bitwise);
            tail.drain(..read);
        }
        assert_eq!(whole, bitwise, "{html}");
        whole
    }

    #[test]
    fn import_maps_are_found() {
        let map = r#"{"imports":{"a":"/a.js"}}"#;
        let mut expected = Declared::new("/page");
        expected.import_map(map);
        for html in [
            format!("<head><script type=importmap>{map}</script>"),
            format!(
                "<title><script type=importmap>{{}}</script></title><SCRIPT nonce='>' TYPE=\" importmap \" >{map}</SCRIPT >"
            ),
            format!(
                "<!-- <script type=importmap>{{\"imports\":{{\"a\":\"/x.js\"}}}}</script> --><script type='importmap'>{map}</script>"
            ),
            format!(
                "<script>'<script type=importmap>'</script><style></style><script type=\"importmap\">{map}</script>"
            ),
        ] {
            assert_eq!(declared(&html), expected, "{html}");
        }
        for html in [
            "<script type=importmap>{}",
            "<script type=importmap src=/a.json></script>",
            "<p type=importmap>{}</p>",
        ] {
            assert_eq!(declared(html), Declared::new("/page"), "{html}");
        }
    }

    #[test]
    fn digests_are_found() {
        let mut expected = Declared::new("/page");
        expected.base("/x/");
        for url in ["./a.js?b&c", "/b.js"] {
            expected.integrity(url);
        }
        let html = "<base href='/x/'><script type=module src=\"a.js?b&amp;c\" integrity=sha384-x></script>\
                    <link rel=modulepreload integrity='sha384-y' href=/b.js><link href=/c.js><script src=/d.js></script>";
        assert_eq!(declared(html), expected);
    }
}
