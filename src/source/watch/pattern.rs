//! The lines of a `.gitignore` file (gitignore(5)), matched by `fast_glob`.
//!
//! The crate `ignore` reads them as well, but depends on regular expressions and threads, which took as long to compile
//! as the rest of this crate.

use std::{borrow::Cow, fmt, path::Path};

/// Patterns in order. The last one that matches decides.
#[derive(Debug, Default)]
pub(super) struct Patterns(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    text: Text,
    /// The whole path has to match, not only the name.
    is_path: bool,
    is_for_folders: bool,
    /// A match is not ignored.
    is_negated: bool,
}

#[derive(Debug)]
enum Text {
    Plain(Vec<u8>),
    /// In `fast_glob`'s syntax.
    Glob(Vec<u8>),
}

/// Reason why a line is not a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    UnclosedBracket,
    ReversedRange,
    UnknownClass,
    TrailingBackslash,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnclosedBracket => "a \"[\" is never closed",
            Self::ReversedRange => "a range in brackets ends before it begins",
            Self::UnknownClass => {
                "no such class of characters; there are [:alpha:], [:digit:] and others of POSIX"
            }
            Self::TrailingBackslash => "nothing follows the \"\\\" at its end",
        })
    }
}

impl Patterns {
    /// Adds the pattern of a line; an empty line and a comment have none.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Malformed> {
        self.0.extend(Pattern::of(line)?);
        Ok(())
    }

    /// Number of patterns.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if the patterns ignore every file and folder, apart from those with the name `except`.
    pub(super) fn ignore_everything(&self, except: &str) -> bool {
        let includes = |pattern: &&Pattern| {
            pattern.is_negated && !matches!(&pattern.text, Text::Plain(name) if name == except.as_bytes())
        };
        let decisive = self.0.iter().rev().take_while(|pattern| !includes(pattern));
        decisive.into_iter().any(Pattern::is_everything)
    }

    /// Returns whether the patterns ignore a path, relative to their folder; `None` if none of them matches.
    pub(super) fn ignores(&self, path: &Path, is_folder: bool) -> Option<bool> {
        let name = path.file_name()?.as_encoded_bytes();
        let path = with_slashes(path);
        let decides = |pattern: &&Pattern| {
            (is_folder || !pattern.is_for_folders)
                && pattern.matches(if pattern.is_path { &path } else { name })
        };
        self.0.iter().rev().find(decides).map(|pattern| !pattern.is_negated)
    }
}

/// Bytes of a path in which `/` separates folders, as in patterns. Windows writes `\`, which no name there has.
fn with_slashes(path: &Path) -> Cow<'_, [u8]> {
    let path = path.as_os_str().as_encoded_bytes();
    if cfg!(windows) && path.contains(&b'\\') {
        Cow::Owned(path.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect())
    } else {
        Cow::Borrowed(path)
    }
}

impl Pattern {
    fn of(line: &[u8]) -> Result<Option<Self>, Malformed> {
        if line.starts_with(b"#") {
            return Ok(None);
        }
        let rest = without_spaces(line);
        let (is_negated, rest) = rest.strip_prefix(b"!").map_or((false, rest), |rest| (true, rest));
        let (is_for_folders, rest) = rest.strip_suffix(b"/").map_or((false, rest), |rest| (true, rest));
        let is_path = rest.contains(&b'/');
        let rest = rest.strip_prefix(b"/").unwrap_or(rest);
        if rest.is_empty() {
            return Ok(None);
        }
        let text = if rest.iter().any(|byte| b"*?[\\".contains(byte)) {
            Text::Glob(translate(rest)?)
        } else {
            Text::Plain(rest.to_owned())
        };
        Ok(Some(Self { text, is_path, is_for_folders, is_negated }))
    }

    /// Returns true if it ignores all files and folders beside it.
    fn is_everything(&self) -> bool {
        let is_any = matches!(&self.text, Text::Glob(glob) if glob == b"*" || glob == b"**");
        is_any && !self.is_negated && !self.is_for_folders
    }

    fn matches(&self, path: &[u8]) -> bool {
        match &self.text {
            Text::Plain(text) => text == path,
            Text::Glob(glob) => fast_glob::glob_match(glob, path),
        }
    }
}

/// Removes the spaces at the end of a line, except for an escaped one.
fn without_spaces(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while at < line.len() {
        let length = if line[at] == b'\\' { 2 } else { 1 };
        if line[at] != b' ' {
            end = (at + length).min(line.len());
        }
        at += length;
    }
    &line[..end]
}

/// A pattern of gitignore(5) in `fast_glob`'s syntax.
///
/// Braces and exclamation marks are plain characters in gitignore(5), `**` is one `*` unless it is a whole segment, and a
/// backslash makes any character plain, while `fast_glob` reads `\t` as a tab.
fn translate(pattern: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut glob = Vec::with_capacity(pattern.len() + 2);
    let mut rest = pattern;
    while let Some((&byte, behind)) = rest.split_first() {
        let taken = match byte {
            b'[' => push_class(rest, &mut glob)?,
            b'*' => {
                let stars = rest.iter().take_while(|&&byte| byte == b'*').count();
                let begins = glob.last().is_none_or(|&byte| byte == b'/');
                let is_segment = stars > 1 && begins && matches!(rest.get(stars), None | Some(b'/'));
                glob.extend_from_slice(if is_segment { b"**" } else { b"*" });
                stars
            }
            b'?' => {
                glob.push(byte);
                1
            }
            b'\\' => {
                push_plain(*behind.first().ok_or(Malformed::TrailingBackslash)?, &mut glob);
                2
            }
            _ => {
                push_plain(byte, &mut glob);
                1
            }
        };
        rest = &rest[taken..];
    }
    // Everything below a folder, but not the folder itself.
    if glob.ends_with(b"/**") {
        glob.extend_from_slice(b"/*");
    }
    Ok(glob)
}

/// Appends the bracket expression at the start of a pattern, and returns its length. A `]` in first position is one of
/// its characters.
fn push_class(pattern: &[u8], glob: &mut Vec<u8>) -> Result<usize, Malformed> {
    let is_negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    glob.extend_from_slice(if is_negated { b"[^" } else { b"[" });
    let begin = 1 + usize::from(is_negated);
    let mut at = begin;
    while at == begin || pattern.get(at) != Some(&b']') {
        if let Some(name) = class_name(&pattern[at..]) {
            let ranges = posix_class(name).ok_or(Malformed::UnknownClass)?;
            for &(low, high) in ranges {
                push_plain(low, glob);
                glob.push(b'-');
                push_plain(high, glob);
            }
            at += name.len() + "[::]".len();
            continue;
        }
        let low = class_character(pattern, &mut at)?;
        push_plain(low, glob);
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|&byte| byte != b']') {
            at += 1;
            let high = class_character(pattern, &mut at)?;
            if high < low {
                return Err(Malformed::ReversedRange);
            }
            glob.push(b'-');
            push_plain(high, glob);
        }
    }
    glob.push(b']');
    Ok(at + 1)
}

/// The name of the class of characters at the start of a part of a bracket expression, such as `digit` of `[:digit:]`.
///
/// As in git, the class ends at the next `]`. If there is no colon before it, the `[` is a plain character.
fn class_name(part: &[u8]) -> Option<&[u8]> {
    let rest = part.strip_prefix(b"[:")?;
    let end = rest.iter().position(|&byte| byte == b']')?;
    rest[..end].strip_suffix(b":")
}

/// The ranges of a class of characters in the POSIX locale, without `/`, which no bracket expression matches.
fn posix_class(name: &[u8]) -> Option<&'static [(u8, u8)]> {
    Some(match name {
        b"alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        b"blank" => &[(b' ', b' '), (b'\t', b'\t')],
        b"cntrl" => &[(0x01, 0x1f), (0x7f, 0x7f)],
        b"digit" => &[(b'0', b'9')],
        b"graph" => &[(b'!', b'.'), (b'0', b'~')],
        b"lower" => &[(b'a', b'z')],
        b"print" => &[(b' ', b'.'), (b'0', b'~')],
        b"punct" => &[(b'!', b'.'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
        b"space" => &[(b' ', b' '), (b'\t', b'\r')],
        b"upper" => &[(b'A', b'Z')],
        b"xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    })
}

/// The next character of a bracket expression. Moves the index behind it.
fn class_character(pattern: &[u8], at: &mut usize) -> Result<u8, Malformed> {
    *at += usize::from(pattern.get(*at) == Some(&b'\\'));
    let byte = pattern.get(*at).copied().ok_or(Malformed::UnclosedBracket);
    *at += 1;
    byte
}

/// Appends a plain character.
fn push_plain(byte: u8, glob: &mut Vec<u8>) {
    if byte.is_ascii_punctuation() && byte != b'/' {
        glob.push(b'\\');
    }
    glob.push(byte);
}

#[cfg(test)]
#[cfg_attr(not(properties), allow(dead_code, unused_imports, reason = "tests/properties compares with git"))]
mod tests {
    use std::process::{Command, Stdio};

    #[cfg(properties)]
    use proptest::prelude::*;

    use super::*;
    use crate::source::watch::testing::Dir;

    fn patterns(lines: &[&str]) -> Patterns {
        let mut patterns = Patterns::default();
        for line in lines {
            patterns.add(line.as_bytes()).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        }
        patterns
    }

    /// Returns true if a single line ignores a path, a folder if it ends in a slash.
    fn ignored(line: &str, path: &str) -> bool {
        let patterns = patterns(&[line]);
        patterns.ignores(Path::new(path.trim_end_matches('/')), path.ends_with('/')) == Some(true)
    }

    #[test]
    fn lines_are_parsed_as_git_parses_them() {
        let cases = [
            ("a", "a", true),
            ("a", "b/a", true),
            ("/a", "b/a", false),
            ("b/a", "b/a", true),
            ("b/a", "c/b/a", false),
            ("a/", "a", false),
            ("a/", "b/a/", true),
            ("# a", "# a", false),
            ("\\#a", "#a", true),
            ("\\!a", "!a", true),
            ("a!", "a!", true),
            ("a  ", "a", true),
            ("a\\  ", "a ", true),
            ("a\\  ", "a", false),
            ("a b", "a b", true),
            ("*.map", "x/y.map", true),
            ("x*y", "xa/by", false),
            ("a**b", "axxb", true),
            ("c/a**b", "c/ax/xb", false),
            ("**/a", "a", true),
            ("**/a", "x/y/a", true),
            ("a/**", "a", false),
            ("a/**", "a/x/y", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a?b", "a/b", false),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            ("[ab]", "b", true),
            ("[!ab]", "b", false),
            ("[^ab]", "c", true),
            ("[]a]", "]", true),
            ("[a\\]]", "]", true),
            ("[a-]", "-", true),
            ("[[:digit:]]", "9", true),
            ("[[:digit:]]", "x", false),
            ("[![:digit:]_]x", "ax", true),
            ("[![:digit:]_]x", "_x", false),
            ("v[[:digit:].]*", "v1.2.js", true),
            ("[[:punct:]]", "]", true),
            ("x[[:space:]]y", "x\ty", true),
            ("a[[:print:]]b", "a/b", false),
            ("[[:digit]", ":", true),
            ("\\n", "n", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("é?", "éa", true),
        ];
        for (line, path, expected) in cases {
            assert_eq!(ignored(line, path), expected, "{line:?} and {path:?}");
        }
    }

    #[test]
    fn the_reason_for_an_invalid_line_is_given() {
        for (line, error) in [
            ("a[b", Malformed::UnclosedBracket),
            ("[", Malformed::UnclosedBracket),
            ("[]", Malformed::UnclosedBracket),
            ("[a\\]", Malformed::UnclosedBracket),
            ("a[z-b]", Malformed::ReversedRange),
            ("a[[:digits:]]", Malformed::UnknownClass),
            ("[[:digit:]", Malformed::UnclosedBracket),
            ("a\\", Malformed::TrailingBackslash),
        ] {
            assert_eq!(Patterns::default().add(line.as_bytes()), Err(error), "{line:?}");
        }
    }

    /// Files for the comparison with git: each of these names in each of the folders.
    const NAMES: [&str; 10] = ["a", "b", "ab", "a.b", "{a}", "-", "B", "7", "a7", "_"];
    const FOLDERS: [&str; 4] = ["", "a/", "b/", "b/ab/"];

    /// The paths that git ignores, with these lines as the root's `.gitignore`.
    fn ignored_by_git(dir: &Dir, lines: &[String], paths: &[String]) -> Vec<String> {
        dir.write(".gitignore", lines.join("\n"));
        let output = Command::new("git")
            .args(["check-ignore", "--no-index"])
            .args(paths)
            .current_dir(dir.path())
            .stderr(Stdio::inherit())
            .output()
            .expect("git is there");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Git compares the plain beginning of a pattern separately, and so reads the `**` in `a**/[b]` as a segment, contrary
    /// to gitignore(5).
    fn is_misread_by_git(line: &str) -> bool {
        line.match_indices("**/").any(|(at, _)| !line[..at].trim_end_matches('*').ends_with('/') && at > 0)
    }

    #[cfg(properties)]
    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn lines_decide_as_git_decides(lines in prop::collection::vec("!?[ab/*?.{}!-]{1,5}|!?[ab/*]{1,4}(\\[[!^]?[ab.-]{1,3}\\]|\\\\[ab*?])[ab/*]{0,2}|!?[ab/*]{0,2}\\[[!^]?[a-]?\\[:(alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit|digits|):\\][b-]?\\][ab7*]{0,2}|[a*]{0,1}\\[\\[?:?[ab:]{1,2}:?\\]{1,2}[ab]{0,1}", 1..4)) {
            let dir = Dir::new();
            let mut paths = Vec::new();
            for folder in FOLDERS {
                for name in NAMES {
                    let path = format!("{folder}{name}");
                    if !FOLDERS.contains(&&*format!("{path}/")) {
                        dir.write(&path, "");
                        paths.push(path);
                    }
                }
            }
            let git = Command::new("git").args(["init", "--quiet"]).current_dir(dir.path()).status();
            prop_assert!(git.expect("git is there").success());

            let mut patterns = Patterns::default();
            let lines: Vec<_> = lines
                .into_iter()
                .filter(|line| !is_misread_by_git(line) && patterns.add(line.as_bytes()).is_ok())
                .collect();
            // A file in an ignored folder is ignored, even if a pattern includes it.
            let ignored = |path: &String| {
                let folders = path.match_indices('/').map(|(at, _)| (&path[..at], true));
                let mut decisions = folders.chain([(&**path, false)]);
                decisions.any(|(path, is_folder)| patterns.ignores(Path::new(path), is_folder) == Some(true))
            };
            let ours: Vec<_> = paths.iter().filter(|path| ignored(path)).cloned().collect();
            prop_assert_eq!(ours, ignored_by_git(&dir, &lines, &paths), "{:?}", lines);
        }
    }
}
