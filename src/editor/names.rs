//! The names of files in the errors of builds.

use crate::escape::without_colours;

/// Bounds of what is read: errors of a build, lines of one and bytes of a line.
const MAX_ERRORS: usize = 200;
const MAX_LINES: usize = 400;
const MAX_LINE: usize = 1_000;

/// The most names of one build.
const MAX_NAMES: usize = 400;

/// Returns the files that the errors of a build name as their places: in the first line, as bundlers write it
/// (`./src/a.js 3:5`), after the arrow of rustc (`--> src/main.rs:3:5`), or at the start of a line (`src/a.ts:3:5`,
/// `src/a.ts(3,5)`).
pub(super) fn named(errors: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for error in errors.iter().take(MAX_ERRORS) {
        for (at, line) in error.lines().take(MAX_LINES).enumerate() {
            if line.len() > MAX_LINE {
                continue;
            }
            let line = without_colours(line);
            let line = line.trim();
            let found = match line.strip_prefix("--> ") {
                Some(place) => before_place(place),
                None if at == 0 => heading(line).or_else(|| before_place(line)),
                None => before_place(line),
            };
            if let Some(name) = found.filter(|name| is_file(name) && !names.iter().any(|known| known == name))
            {
                names.push(name.to_owned());
            }
            if names.len() == MAX_NAMES {
                return names;
            }
        }
    }
    names
}

/// The file in a first line: alone, or before a place that bundlers write (`3:5`, `3:5-12`).
fn heading(line: &str) -> Option<&str> {
    let (file, place) = line.rsplit_once(' ').unwrap_or((line, ""));
    let is_place = |place: &str| {
        place.contains(':') && place.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'-'))
    };
    let file = if is_place(place) { file } else { line };
    // Bundlers name loaders' queries after the file.
    let file = file.split('?').next().unwrap_or_default();
    (!file.contains(char::is_whitespace)).then_some(file)
}

/// The file before the first place in a line.
fn before_place(line: &str) -> Option<&str> {
    let is_number = |text: &str| text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    let at = line.char_indices().find(|&(at, char)| match char {
        // Not that of a drive.
        ':' | '(' => at > 1 && is_number(&line[at + 1..]),
        _ => false,
    });
    let name = &line[..at?.0];
    (!name.contains(char::is_whitespace)).then_some(name)
}

/// Returns true if a name can be that of a file with an ending.
fn is_file(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = last.rsplit_once('.').filter(|(stem, ending)| !stem.is_empty() && !ending.is_empty());
    ending.is_some() && !name.contains("://") && !name.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_where_tools_name_them() {
        for (error, names) in [
            ("./src/a.js 3:5-12\nModule not found", &["./src/a.js"][..]),
            ("./src/a.js\nModule not found: ./b.js", &["./src/a.js"]),
            ("./a.scss?x!y 1:2\nno", &["./a.scss"]),
            ("error[E0425]: no `x`\n \u{1b}[34m--> \u{1b}[0msrc/main.rs:3:5\n  |", &["src/main.rs"]),
            ("src/a.ts(3,5): error TS1: no\nlib/b.ts:4:1 - error", &["src/a.ts", "lib/b.ts"]),
            (r"C:\p\a.ts:3:5: no", &[r"C:\p\a.ts"]),
            ("no file here. Really", &[]),
            ("see http://a.test/a.js:3:5", &[]),
            ("x\nhttp://a.test/a.js:3:5", &[]),
            ("", &[]),
        ] {
            assert_eq!(named(&[error.to_owned()]), names, "{error}");
        }
    }

    #[test]
    fn what_is_read_is_bounded() {
        let many = (0..10_000).map(|n| format!("a{n}.rs:1:1")).collect::<Vec<_>>().join("\n");
        assert!(named(&vec![many; 10]).len() <= MAX_NAMES);
        assert_eq!(named(&[format!("{}.js:1:1", "x".repeat(5_000))]), [""; 0]);
    }
}
