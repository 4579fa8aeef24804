//! The imports of an ES module, found without parsing it (ECMA-262, sections 12 and 16.2).
//!
//! Only tokens are read. Whether a slash begins a regular expression depends on the grammar, so the lexer keeps what it
//! has to know of it: the open brackets, what each of them is, and the previous token.

mod escapes;
mod imports;
mod literals;
mod state;
mod tokens;

use std::ops::Range;

pub(crate) use self::tokens::lex;

/// The most imports of a module that are read, and the most open brackets.
const MOST: usize = 10_000;

/// What a module imports, and how it uses `import.meta.hot`.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Module {
    pub(crate) imports: Vec<Import>,
    /// True if it has an `import`, an `export` or an `import.meta`, which a classic script can't have.
    pub(crate) has_syntax: bool,
    /// True if it has a default export.
    pub(crate) has_default: bool,
    /// True if it mentions `import.meta.hot`.
    pub(crate) uses_hot: bool,
    /// True if it calls `import.meta.hot.accept` without a specifier, or hands its URL to the client's `hot`. Where it
    /// gives `import.meta.hot` a name, any call of a method `accept` counts.
    pub(crate) accepts_itself: bool,
    /// Specifiers in calls of `import.meta.hot.accept`.
    pub(crate) accepted: Vec<String>,
    /// Names in calls of `import.meta.hot.acceptExports`; `None` without a call.
    pub(crate) accepted_exports: Option<Vec<String>>,
}

/// A specifier that is a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// Its bytes in the source, without the quotes.
    pub(crate) range: Range<usize>,
    /// Its value, without escapes.
    pub(crate) specifier: String,
    pub(crate) kind: ImportKind,
    /// The exports that it imports or re-exports; `None` for all.
    pub(crate) names: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportKind {
    /// `import … from`, `import "…"` or `export … from`.
    Static,
    /// `import("…")`.
    Dynamic,
    /// `new URL("…", import.meta.url)`.
    Url,
}

/// A text that is no module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LexError {
    /// The byte at which that was found.
    pub(crate) at: usize,
}

#[cfg(test)]
mod tests;
