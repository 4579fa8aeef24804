//! What the lexer knows at a position of the text.

use std::ops::Range;

use super::{LexError, MOST, Module};

/// What came before a token, as far as its meaning depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Previous {
    /// A statement or a member of a class may begin.
    Statement,
    /// An expression is expected.
    Operator,
    /// The end of an expression, or a name.
    Operand,
    /// A dot: a name follows, even if it is a keyword.
    Dot,
    /// The key of a property may follow.
    Key,
    /// `new`.
    New,
    /// `URL` after `new`.
    NewUrl,
    /// `async` where a statement begins.
    Async,
    /// `export default`, or that of `switch`.
    Default,
    /// `if`, `while`, `for` or `with`.
    Control,
    /// `function`, its star and its name; true if it is an expression.
    Function(bool),
    /// The parameters of a function.
    Parameters(bool),
    /// `=>`.
    Arrow,
}

/// What an open bracket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    Paren(Previous),
    Square,
    Block,
    Object,
    /// The body of a class or function; true if that is an expression.
    Body(bool),
    Substitution,
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) bracket: Bracket,
    /// Conditional expressions that wait for their colon.
    pub(super) conditionals: usize,
    /// Whether a class waits for its body; true if it is an expression.
    pub(super) class: Option<bool>,
    /// The first argument of `new URL("…", …)`.
    pub(super) url: Option<(Range<usize>, String)>,
    /// The commas and operators after that.
    pub(super) commas: usize,
}

impl Frame {
    fn new(bracket: Bracket) -> Self {
        Self { bracket, conditionals: 0, class: None, url: None, commas: 0 }
    }
}

pub(super) struct Lexer<'a> {
    pub(super) source: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) frames: Vec<Frame>,
    /// The frame outside of all brackets.
    ground: Frame,
    pub(super) previous: Previous,
    pub(super) found: Module,
    /// Up to here, no `import` is one of names.
    pub(super) no_clause: usize,
    /// Set once the rest of the text is known to call no method `accept`.
    pub(super) has_no_accept: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            bytes: source.as_bytes(),
            at: 0,
            frames: Vec::new(),
            ground: Frame::new(Bracket::Block),
            previous: Previous::Statement,
            found: Module::default(),
            no_clause: 0,
            has_no_accept: false,
        }
    }

    pub(super) fn error(&self) -> LexError {
        // An escape may have led beyond the end.
        LexError { at: self.at.min(self.bytes.len()) }
    }

    pub(super) fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Returns true if a part of a name is there. Characters outside of ASCII that are no part of one are spaces.
    pub(super) fn is_name(&self, ahead: usize) -> bool {
        match self.peek(ahead) {
            0x80.. => {
                // Inside of a character, which began as a part of it.
                let rest = self.source.get(self.at + ahead..);
                rest.and_then(|rest| rest.chars().next()).is_none_or(|character| !is_wide_space(character))
            }
            byte => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'),
        }
    }

    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or(&mut self.ground)
    }

    pub(super) fn open(&mut self, bracket: Bracket, previous: Previous) -> Result<(), LexError> {
        if self.frames.len() == MOST {
            return Err(self.error());
        }
        self.at += 1;
        self.frames.push(Frame::new(bracket));
        self.previous = previous;
        Ok(())
    }
}

/// Returns true for the spaces outside of ASCII, U+2028 and U+2029 among them.
pub(super) fn is_wide_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}
