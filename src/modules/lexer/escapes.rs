//! Escapes in strings.

/// The value of a string literal (ECMA-262, section 12.9.4); `None` if it is no valid one.
pub(super) fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut value = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match rest.next()? {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            'b' => value.push('\u{8}'),
            'f' => value.push('\u{c}'),
            'v' => value.push('\u{b}'),
            '0' => value.push('\0'),
            'x' => value.push(hex(&mut rest, 2)?),
            'u' if rest.as_str().starts_with('{') => {
                let (digits, after) = rest.as_str()[1..].split_once('}')?;
                value.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                rest = after.chars();
            }
            'u' => value.push(hex(&mut rest, 4)?),
            '\r' => {
                if let Some(after) = rest.as_str().strip_prefix('\n') {
                    rest = after.chars();
                }
            }
            '\n' | '\u{2028}' | '\u{2029}' => {}
            other => value.push(other),
        }
    }
    Some(value)
}

fn hex(rest: &mut std::str::Chars<'_>, count: usize) -> Option<char> {
    let digits = rest.as_str().get(..count)?;
    *rest = rest.as_str()[count..].chars();
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}
