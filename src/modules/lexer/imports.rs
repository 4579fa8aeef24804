//! Imports, exports and `import.meta`.

use std::ops::Range;

use memchr::memmem;

use super::{
    Import, ImportKind, LexError, MOST,
    escapes::unescape,
    state::{Lexer, Previous},
};

impl Lexer<'_> {
    /// Reads what follows `import`. Whether that is the keyword depends on it.
    pub(super) fn import(&mut self, start: usize) -> Result<(), LexError> {
        self.skip_space()?;
        match self.peek(0) {
            b'.' => {
                let name = self.at;
                self.at += 1;
                self.skip_space()?;
                if self.takes(b"meta") {
                    self.previous = Previous::Operand;
                    return self.meta(start);
                }
                // The phase of an import, as in `import.defer("…")`.
                if (self.takes(b"defer") || self.takes(b"source"))
                    && self.skip_space()?
                    && self.peek(0) == b'('
                {
                    return self.dynamic();
                }
                self.at = name;
                Ok(())
            }
            b'(' => self.dynamic(),
            b'"' | b'\'' if self.frames.is_empty() => self.specifier(Some(Vec::new())),
            _ if self.frames.is_empty() => self.clause(),
            _ => Ok(()),
        }
    }

    /// Reads the parenthesis of `import(…)` and the specifier, if that is a literal.
    fn dynamic(&mut self) -> Result<(), LexError> {
        let start = self.at;
        self.at += 1;
        self.skip_space()?;
        let range = match self.peek(0) {
            b'"' | b'\'' => Some(self.string()?),
            b'`' => self.plain_template(),
            _ => None,
        };
        if let Some(range) = range {
            self.skip_space()?;
            if matches!(self.peek(0), b')' | b',') {
                self.add(range, ImportKind::Dynamic, None)?;
            }
        }
        // The tokens are read again in their turn.
        self.at = start;
        Ok(())
    }

    /// Reads a template without substitutions.
    fn plain_template(&mut self) -> Option<Range<usize>> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            end += memchr::memchr3(b'`', b'\\', b'$', self.bytes.get(end..)?)?;
            match self.bytes[end..] {
                [b'`', ..] => break,
                [b'$', b'{', ..] => return None,
                [b'\\', ..] => end += 2,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        Some(start..end)
    }

    /// Reads `import … from "…"`.
    fn clause(&mut self) -> Result<(), LexError> {
        let start = self.at;
        if start < self.no_clause {
            return Ok(());
        }
        let mut names = Some(Vec::new());
        self.skip_space()?;
        let first = self.at;
        loop {
            if !self.skip_space()? {
                return Err(self.error());
            }
            match self.peek(0) {
                // `import from from "…"`: a name that is followed by a string is the keyword.
                b'"' | b'\'' => return self.specifier(names),
                b'{' => {
                    let (listed, _) = self.names()?;
                    if let Some(names) = &mut names {
                        names.extend(listed);
                    }
                }
                b'*' => {
                    self.at += 1;
                    names = None;
                }
                b',' => self.at += 1,
                _ if self.is_name(0) => {
                    // The first name is that of the default export, or a phase.
                    if self.at == first {
                        names = Some(vec!["default".to_owned()]);
                    }
                    self.skip_name();
                }
                _ => {
                    // No import after all; an error in the browser's words.
                    self.no_clause = self.at;
                    self.at = start;
                    return Ok(());
                }
            }
        }
    }

    /// Reads what follows `export`.
    pub(super) fn export(&mut self) -> Result<(), LexError> {
        self.previous = Previous::Statement;
        self.found.has_syntax = true;
        self.skip_space()?;
        match self.peek(0) {
            b'*' => {
                self.at += 1;
                self.skip_space()?;
                if self.takes(b"as") {
                    self.skip_space()?;
                    self.found.has_default |= self.name_or_string()? == "default";
                    self.skip_space()?;
                }
                if self.takes(b"from") { self.from(None) } else { Err(self.error()) }
            }
            b'{' => {
                let (names, has_default) = self.names()?;
                self.found.has_default |= has_default;
                self.skip_space()?;
                if self.takes(b"from") { self.from(Some(names)) } else { Ok(()) }
            }
            _ => {
                if self.bytes[self.at..].starts_with(b"default") && !self.is_name(7) {
                    self.found.has_default = true;
                }
                Ok(())
            }
        }
    }

    fn from(&mut self, names: Option<Vec<String>>) -> Result<(), LexError> {
        self.skip_space()?;
        if matches!(self.peek(0), b'"' | b'\'') { self.specifier(names) } else { Err(self.error()) }
    }

    /// Reads a list of names in braces. Returns the first name of each item, and true if the last one of an item is
    /// `default`.
    fn names(&mut self) -> Result<(Vec<String>, bool), LexError> {
        self.at += 1;
        let mut names = Vec::new();
        let mut last: Option<String> = None;
        let mut has_default = false;
        loop {
            if !self.skip_space()? {
                return Err(self.error());
            }
            match self.peek(0) {
                byte @ (b',' | b'}') => {
                    has_default |= last.take().is_some_and(|last| last == "default");
                    self.at += 1;
                    if byte == b'}' {
                        return Ok((names, has_default));
                    }
                }
                _ => {
                    let name = self.name_or_string()?;
                    if last.is_none() {
                        names.push(name.clone());
                    }
                    last = Some(name);
                }
            }
        }
    }

    fn name_or_string(&mut self) -> Result<String, LexError> {
        if matches!(self.peek(0), b'"' | b'\'') {
            let range = self.string()?;
            return unescape(&self.source[range]).ok_or_else(|| self.error());
        }
        let start = self.at;
        self.skip_name();
        if self.at == start { Err(self.error()) } else { Ok(self.source[start..self.at].to_owned()) }
    }

    fn skip_name(&mut self) {
        while self.is_name(0) || self.peek(0) == b'\\' {
            self.at += 1;
        }
    }

    /// Reads the string of a static import, and its attributes.
    fn specifier(&mut self, names: Option<Vec<String>>) -> Result<(), LexError> {
        let range = self.string()?;
        self.found.has_syntax = true;
        self.add(range, ImportKind::Static, names)?;
        let end = self.at;
        self.skip_space()?;
        self.previous = Previous::Statement;
        if (self.takes(b"with") || self.takes(b"assert")) && self.skip_space()? && self.peek(0) == b'{' {
            while self.skip_space()? {
                match self.peek(0) {
                    b'"' | b'\'' => _ = self.string()?,
                    b'}' => {
                        self.at += 1;
                        return Ok(());
                    }
                    _ if self.is_name(0) => self.skip_name(),
                    _ => self.at += 1,
                }
            }
            return Err(self.error());
        }
        self.at = end;
        Ok(())
    }

    fn add(
        &mut self,
        range: Range<usize>,
        kind: ImportKind,
        names: Option<Vec<String>>,
    ) -> Result<(), LexError> {
        if self.found.imports.len() == MOST {
            return Err(self.error());
        }
        let specifier = unescape(&self.source[range.clone()]).ok_or_else(|| self.error())?;
        self.found.imports.push(Import { range, specifier, kind, names });
        Ok(())
    }

    /// Reads what follows `import.meta`, which begins at `start`.
    fn meta(&mut self, start: usize) -> Result<(), LexError> {
        let end = self.at;
        self.found.has_syntax = true;
        if self.takes_member(b"hot")? {
            self.found.uses_hot = true;
            let after = self.at;
            // `const hot = import.meta.hot`: which call of `accept` is meant, is not known.
            let is_named = self.source[..start].trim_end().ends_with('=');
            if is_named && !self.found.accepts_itself && !self.has_no_accept {
                self.found.accepts_itself = has_accept(&self.source[after..]);
                self.has_no_accept = !self.found.accepts_itself;
            }
            if self.takes_member(b"accept")? {
                self.accepted()?;
            } else if self.takes_member(b"acceptExports")? {
                let (names, _) = self.argument()?.unwrap_or_default();
                self.found.accepted_exports.get_or_insert_default().extend(names);
            }
            self.at = after;
            return Ok(());
        }
        let before = self.source[..start].trim_end();
        self.found.accepts_itself |= before.ends_with("hot(");
        self.at = end;
        if self.takes_member(b"url")? {
            let url = match self.frames.last_mut() {
                Some(frame) if frame.commas == 1 => frame.url.take(),
                _ => None,
            };
            if let Some((range, specifier)) = url {
                if self.found.imports.len() < MOST {
                    let kind = ImportKind::Url;
                    self.found.imports.push(Import { range, specifier, kind, names: None });
                }
            }
        }
        Ok(())
    }

    /// Reads the specifiers in `accept("…"` or `accept(["…", "…"]`.
    fn accepted(&mut self) -> Result<(), LexError> {
        if let Some((specifiers, is_literal)) = self.argument()? {
            self.found.accepts_itself |= !is_literal;
            self.found.accepted.extend(specifiers);
        }
        Ok(())
    }

    /// Reads the first argument of a call: a string, or strings in a list. Returns them, and true if it is a literal;
    /// `None` if no call follows.
    fn argument(&mut self) -> Result<Option<(Vec<String>, bool)>, LexError> {
        self.skip_space()?;
        if self.bytes[self.at..].starts_with(b"?.") {
            self.at += 2;
            self.skip_space()?;
        }
        if self.peek(0) != b'(' {
            return Ok(None);
        }
        self.at += 1;
        self.skip_space()?;
        let is_literal = matches!(self.peek(0), b'[' | b'"' | b'\'' | b'`');
        let is_list = self.peek(0) == b'[';
        self.at += usize::from(is_list);
        let mut strings = Vec::new();
        while self.skip_space()? && strings.len() < MOST {
            let range = match self.peek(0) {
                b'"' | b'\'' => self.string()?,
                b'`' => match self.plain_template() {
                    Some(range) => range,
                    None => break,
                },
                _ => break,
            };
            strings.extend(unescape(&self.source[range]));
            self.skip_space()?;
            if !is_list || self.peek(0) != b',' {
                break;
            }
            self.at += 1;
        }
        Ok(Some((strings, is_literal)))
    }

    /// Skips a name, if it is the next.
    fn takes(&mut self, name: &[u8]) -> bool {
        let takes = self.bytes[self.at..].starts_with(name) && !self.is_name(name.len());
        self.at += if takes { name.len() } else { 0 };
        takes
    }

    /// Skips `.name` or `?.name`, if it is the next.
    fn takes_member(&mut self, name: &[u8]) -> Result<bool, LexError> {
        let start = self.at;
        self.skip_space()?;
        self.at += usize::from(self.peek(0) == b'?' && self.peek(1) == b'.');
        if self.peek(0) == b'.' {
            self.at += 1;
            self.skip_space()?;
            if self.takes(name) {
                return Ok(true);
            }
        }
        self.at = start;
        Ok(false)
    }
}

fn has_accept(text: &str) -> bool {
    [".accept(", ".accept?.("].iter().any(|call| memmem::find(text.as_bytes(), call.as_bytes()).is_some())
}
