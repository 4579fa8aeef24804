//! The tokens of a module, with as much of the grammar as tells a division from a regular expression.

use super::{
    LexError, Module,
    escapes::unescape,
    state::{Bracket, Frame, Lexer, Previous},
};

/// Lexes the text of a module.
///
/// # Errors
///
/// Fails where the text is no module, as far as its tokens show that: a browser reports more.
pub(crate) fn lex(source: &str) -> Result<Module, LexError> {
    let mut lexer = Lexer::new(source);
    if source.starts_with("#!") {
        lexer.skip_line();
    }
    while lexer.skip_space()? {
        lexer.token()?;
    }
    if lexer.frames.is_empty() { Ok(lexer.found) } else { Err(lexer.error()) }
}

impl Lexer<'_> {
    /// Reads one token, which begins here.
    fn token(&mut self) -> Result<(), LexError> {
        let byte = self.bytes[self.at];
        match byte {
            b'"' | b'\'' => self.string_operand(),
            b'`' => {
                self.at += 1;
                self.template()
            }
            b'0'..=b'9' => {
                self.number();
                Ok(())
            }
            b'.' if self.peek(1).is_ascii_digit() => {
                self.number();
                Ok(())
            }
            b'/' => self.slash(),
            b'(' => {
                let previous = self.previous;
                self.open(Bracket::Paren(previous), Previous::Operator)
            }
            b'[' => self.open(Bracket::Square, Previous::Operator),
            b'{' => self.brace(),
            b')' | b']' | b'}' => self.close(byte),
            _ if self.is_name(0) || byte == b'#' || byte == b'\\' => self.name(),
            _ => {
                self.operator(byte);
                Ok(())
            }
        }
    }

    fn string_operand(&mut self) -> Result<(), LexError> {
        let is_first = self.previous == Previous::Operator;
        let range = self.string()?;
        let frame = self.frames.last_mut();
        if let Some(Frame { bracket: Bracket::Paren(Previous::NewUrl), url, .. }) = frame {
            if is_first && url.is_none() {
                *url = unescape(&self.source[range.clone()]).map(|value| (range, value));
            }
        }
        self.previous = Previous::Operand;
        Ok(())
    }

    /// Reads a template, whose grave accent is behind, up to a substitution or its end.
    fn template(&mut self) -> Result<(), LexError> {
        loop {
            match self.peek(0) {
                b'`' => {
                    self.at += 1;
                    self.previous = Previous::Operand;
                    return Ok(());
                }
                b'$' if self.peek(1) == b'{' => {
                    self.at += 1;
                    return self.open(Bracket::Substitution, Previous::Operator);
                }
                b'\\' => self.at += 2,
                0 if self.at >= self.bytes.len() => return Err(self.error()),
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) {
        let mut last = 0;
        // A sign belongs to it after an exponent. Hexadecimal digits that look like one are followed by a sum all the same.
        let is_hex = self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X');
        loop {
            let byte = self.peek(0);
            let is_sign = matches!(byte, b'+' | b'-') && matches!(last, b'e' | b'E') && !is_hex;
            if !(self.is_name(0) || byte == b'.' || is_sign) {
                break;
            }
            last = byte;
            self.at += 1;
        }
        self.previous = Previous::Operand;
    }

    /// A division or a regular expression; comments are behind.
    fn slash(&mut self) -> Result<(), LexError> {
        if matches!(self.previous, Previous::Operand | Previous::Async | Previous::NewUrl) {
            self.at += 1;
            self.previous = Previous::Operator;
            return Ok(());
        }
        self.regular_expression()?;
        self.previous = Previous::Operand;
        Ok(())
    }

    fn brace(&mut self) -> Result<(), LexError> {
        let previous = self.previous;
        if previous != Previous::Operator {
            if let Some(is_expression) = self.frame().class.take() {
                return self.open(Bracket::Body(is_expression), Previous::Statement);
            }
        }
        match previous {
            Previous::Parameters(is_expression) => {
                self.open(Bracket::Body(is_expression), Previous::Statement)
            }
            Previous::Operator | Previous::Default | Previous::New => {
                self.open(Bracket::Object, Previous::Key)
            }
            _ => self.open(Bracket::Block, Previous::Statement),
        }
    }

    fn close(&mut self, byte: u8) -> Result<(), LexError> {
        let Some(frame) = self.frames.pop() else { return Err(self.error()) };
        let (expected, previous) = match frame.bracket {
            Bracket::Paren(Previous::Control) => (b')', Previous::Statement),
            Bracket::Paren(Previous::Function(is_expression)) => (b')', Previous::Parameters(is_expression)),
            Bracket::Paren(_) => (b')', Previous::Operand),
            Bracket::Square => (b']', Previous::Operand),
            Bracket::Object | Bracket::Body(true) => (b'}', Previous::Operand),
            Bracket::Block | Bracket::Body(false) => (b'}', Previous::Statement),
            Bracket::Substitution => (b'}', Previous::Operator),
        };
        if byte != expected {
            return Err(self.error());
        }
        self.at += 1;
        self.previous = previous;
        if frame.bracket == Bracket::Substitution { self.template() } else { Ok(()) }
    }

    fn operator(&mut self, byte: u8) {
        self.at += 1;
        let frame = self.frame();
        // Anything but one comma makes it another argument.
        frame.commas = frame.commas.saturating_add(if byte == b',' { 1 } else { 2 });
        let next = self.peek(0);
        self.previous = match byte {
            b';' => {
                let frame = self.frame();
                frame.conditionals = 0;
                Previous::Statement
            }
            b',' if self.frame().bracket == Bracket::Object => Previous::Key,
            b'.' if self.bytes[self.at..].starts_with(b"..") => {
                self.at += 2;
                Previous::Operator
            }
            b'.' => Previous::Dot,
            b'?' if next == b'.' && !self.peek(1).is_ascii_digit() => {
                self.at += 1;
                Previous::Dot
            }
            b'?' if next == b'?' => {
                self.at += 1;
                Previous::Operator
            }
            b'?' => {
                self.frame().conditionals += 1;
                Previous::Operator
            }
            b':' => self.colon(),
            b'=' if next == b'>' => {
                self.at += 1;
                Previous::Arrow
            }
            b'+' | b'-' if next == byte => {
                self.at += 1;
                if self.previous == Previous::Operand { Previous::Operand } else { Previous::Operator }
            }
            // The star of a generator.
            b'*' if matches!(self.previous, Previous::Function(_)) => self.previous,
            _ => Previous::Operator,
        };
    }

    fn colon(&mut self) -> Previous {
        let frame = self.frame();
        if frame.conditionals > 0 {
            frame.conditionals -= 1;
            return Previous::Operator;
        }
        // The end of a label or of a case.
        if matches!(frame.bracket, Bracket::Block | Bracket::Body(_)) {
            Previous::Statement
        } else {
            Previous::Operator
        }
    }

    fn name(&mut self) -> Result<(), LexError> {
        let start = self.at;
        while self.is_name(0) || matches!(self.peek(0), b'\\' | b'#') {
            // The braces of `\u{61}`.
            if self.bytes[self.at..].starts_with(b"\\u{") {
                let Some(end) = memchr::memchr(b'}', &self.bytes[self.at..]) else {
                    return Err(self.error());
                };
                self.at += end;
            }
            self.at += 1;
        }
        let previous = self.previous;
        let name = &self.bytes[start..self.at];
        self.previous = Previous::Operand;
        if previous == Previous::Dot {
            return Ok(());
        }
        if name == b"import" {
            return self.import(start);
        }
        if previous == Previous::Key {
            return Ok(());
        }
        if name == b"export" && self.frames.is_empty() {
            return self.export();
        }
        self.previous = self.keyword(name, previous);
        Ok(())
    }

    fn keyword(&mut self, name: &[u8], previous: Previous) -> Previous {
        let is_expression = matches!(previous, Previous::Operator | Previous::New | Previous::Arrow);
        match name {
            b"if" | b"while" | b"for" | b"with" => Previous::Control,
            b"await" if previous == Previous::Control => Previous::Control,
            b"of" if previous == Previous::Operand && self.is_control() => Previous::Operator,
            b"new" => Previous::New,
            b"URL" if previous == Previous::New => Previous::NewUrl,
            b"await" | b"case" | b"const" | b"delete" | b"extends" | b"in" | b"instanceof" | b"let"
            | b"return" | b"throw" | b"typeof" | b"var" | b"void" | b"yield" => Previous::Operator,
            b"do" | b"else" | b"finally" | b"try" => Previous::Statement,
            b"default" => Previous::Default,
            b"async" if matches!(previous, Previous::Statement | Previous::Default) => Previous::Async,
            b"function" => Previous::Function(is_expression),
            b"class" => {
                self.frame().class = Some(is_expression);
                Previous::Operand
            }
            _ if matches!(previous, Previous::Function(_)) => previous,
            _ => Previous::Operand,
        }
    }

    fn is_control(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.bracket == Bracket::Paren(Previous::Control))
    }
}
