//! The content of elements: markup, raw text, or another namespace, where no element has raw text.
//!
//! The tree construction of the HTML standard (section 13.2.6) decides on it. This is what matters of it: which `<svg>` and
//! `<math>` are open, and where HTML begins in them again.

/// The most elements of other namespaces that are followed. Browsers cut the tree at 512 elements.
const MOST_OPEN: usize = 256;

/// The content after a start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Markup,
    /// Text up to the end tag of this name.
    Text(&'static [u8]),
    Script,
    Plaintext,
}

/// The elements of other namespaces around a position.
#[derive(Debug, Default)]
pub(super) struct Context {
    open: Vec<Open>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Svg,
    Math,
    /// An element of this name in one of them, whose content is HTML.
    Integration(&'static [u8]),
}

/// The elements of HTML without markup in them, where scripting is on.
static TEXT: [&[u8]; 8] =
    [b"iframe", b"noembed", b"noframes", b"noscript", b"style", b"textarea", b"title", b"xmp"];

static IN_SVG: [&[u8]; 3] = [b"desc", b"foreignobject", b"title"];
static IN_MATH: [&[u8]; 5] = [b"mi", b"mn", b"mo", b"ms", b"mtext"];

/// The elements of HTML that end the other namespaces.
#[rustfmt::skip]
static BREAKOUT: [&[u8]; 44] = [
    b"b", b"big", b"blockquote", b"body", b"br", b"center", b"code", b"dd", b"div", b"dl", b"dt", b"em", b"embed", b"h1",
    b"h2", b"h3", b"h4", b"h5", b"h6", b"head", b"hr", b"i", b"img", b"li", b"listing", b"menu", b"meta", b"nobr", b"ol",
    b"p", b"pre", b"ruby", b"s", b"small", b"span", b"strike", b"strong", b"sub", b"sup", b"table", b"tt", b"u", b"ul",
    b"var",
];

impl Open {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Svg => b"svg",
            Self::Math => b"math",
            Self::Integration(name) => name,
        }
    }
}

impl Context {
    /// Returns true if an element here is of another namespace than HTML.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self.open.last(), Some(Open::Svg | Open::Math))
    }

    /// Returns the content of an element that starts here.
    pub(super) fn start(&mut self, name: &[u8], is_self_closing: bool) -> Content {
        if self.is_foreign() && BREAKOUT.contains(&name) {
            self.break_out();
        }
        let named = |names: &[&'static [u8]]| names.iter().copied().find(|other| *other == name);
        let opened = match self.open.last() {
            Some(Open::Svg) => match named(&IN_SVG) {
                Some(name) => Some(Open::Integration(name)),
                None => (name == b"svg").then_some(Open::Svg),
            },
            Some(Open::Math) => match named(&IN_MATH) {
                Some(name) => Some(Open::Integration(name)),
                // Also in an `<annotation-xml>`, where it is an element of SVG.
                None if name == b"svg" => Some(Open::Svg),
                None => (name == b"math").then_some(Open::Math),
            },
            None | Some(Open::Integration(_)) => match name {
                b"svg" => Some(Open::Svg),
                b"math" => Some(Open::Math),
                b"script" => return Content::Script,
                b"plaintext" => return Content::Plaintext,
                _ => return named(&TEXT).map_or(Content::Markup, Content::Text),
            },
        };
        if let Some(opened) = opened.filter(|_| !is_self_closing && self.open.len() < MOST_OPEN) {
            self.open.push(opened);
        }
        Content::Markup
    }

    /// An end tag.
    pub(super) fn end(&mut self, name: &[u8]) {
        // None of these can be open in here, so it is the end of an element around.
        if self.is_foreign() && BREAKOUT.contains(&name) {
            return self.break_out();
        }
        if let Some(at) = self.open.iter().rposition(|open| open.name() == name) {
            self.open.truncate(at);
        }
    }

    fn break_out(&mut self) {
        while self.is_foreign() {
            self.open.pop();
        }
    }
}
