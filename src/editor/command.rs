//! The command of an editor, and its arguments for a file, a line and a column.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

/// The longest command, in bytes and in words.
const MAX_BYTES: usize = 1_000;
const MAX_WORDS: usize = 32;

/// A program with arguments, to which the file is added. It is never run by a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EditorCommand {
    program: String,
    arguments: Vec<String>,
}

/// A call of a program.
pub(super) type Call = Vec<OsString>;

/// The way in which an editor takes a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `-g FILE:LINE:COLUMN`
    Code,
    /// `--line LINE --column COLUMN FILE`
    JetBrains,
    /// `FILE:LINE:COLUMN`
    Suffixed,
    /// `+LINE:COLUMN FILE`
    Plus,
    /// `+LINE,COLUMN FILE`
    Nano,
    /// `+call cursor(LINE,COLUMN) FILE`
    Vim,
    /// `FILE`
    FileAlone,
}

impl EditorCommand {
    /// Parses a command such as `code --reuse-window`. Quotes keep words together.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_BYTES {
            return Err("is longer than 1000 bytes");
        }
        if text.contains(char::is_control) {
            return Err("has control characters");
        }
        let mut words = words(text)?.into_iter();
        let program = words.next().filter(|program| !program.is_empty()).ok_or("names no program")?;
        let arguments: Vec<_> = words.collect();
        if arguments.len() >= MAX_WORDS {
            return Err("has more than 31 arguments");
        }
        Ok(Self { program, arguments })
    }

    /// The program, for messages.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// The program's name in lower case, without its folder and ending.
    fn name(&self) -> String {
        let file = self.program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let ending = [".exe", ".cmd", ".bat", ".sh"].into_iter().find_map(|ending| file.strip_suffix(ending));
        ending.unwrap_or(&file).to_owned()
    }

    fn style(&self) -> Style {
        match self.name().trim_end_matches("64") {
            "code" | "code-insiders" | "code-oss" | "codium" | "codium-insiders" | "vscodium" | "cursor"
            | "windsurf" | "positron" | "trae" | "kiro" | "antigravity" => Style::Code,
            "idea" | "webstorm" | "phpstorm" | "pycharm" | "rubymine" | "goland" | "clion" | "rustrover"
            | "rider" | "studio" | "fleet" => Style::JetBrains,
            "zed" | "zeditor" | "zed-editor" | "subl" | "sublime" | "sublime_text" | "hx" | "helix" => {
                Style::Suffixed
            }
            "emacs" | "emacsclient" | "micro" | "kak" | "gedit" => Style::Plus,
            "nano" => Style::Nano,
            "vi" | "vim" | "nvim" | "gvim" | "mvim" | "nvim-qt" | "neovide" => Style::Vim,
            _ => Style::FileAlone,
        }
    }

    /// The calls that open a file, to be made one after another. `file` is absolute, and line and column are from 1.
    ///
    /// # Errors
    /// The reason and the remedy for an editor that runs in a terminal, where no terminal can be opened for it.
    pub(super) fn calls(
        &self,
        file: &Path,
        line: u32,
        column: u32,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Vec<Call>, String> {
        let is_set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let own = |arguments: Vec<OsString>| {
            let mut call: Call = vec![self.program.clone().into()];
            call.extend(self.arguments.iter().map(OsString::from));
            call.extend(arguments);
            call
        };
        let all = own(self.place(file, line, column));
        let has = |argument: &str| self.arguments.iter().any(|own| own == argument);
        let has_display = cfg!(not(unix))
            || cfg!(target_os = "macos")
            || is_set("DISPLAY").or_else(|| is_set("WAYLAND_DISPLAY")).is_some();
        match self.name().as_str() {
            "nvim" if !has("--server") && !has("--remote") => {
                if let Some(server) = is_set("NVIM") {
                    let remote = |command: &str, value: &OsStr| -> Call {
                        let program: OsString = self.program.clone().into();
                        vec![program, "--server".into(), server.clone(), command.into(), value.to_owned()]
                    };
                    // A file name is never part of an expression.
                    let jump = format!("cursor({line},{column})");
                    return Ok(vec![
                        remote("--remote", file.as_os_str()),
                        remote("--remote-expr", OsStr::new(&jump)),
                    ]);
                }
            }
            // Of a running one, which the developer has named.
            "vim" if has("--servername") => {
                let remote = if has("--remote") { None } else { Some("--remote".into()) };
                return Ok(vec![own(remote.into_iter().chain(self.place(file, line, column)).collect())]);
            }
            "emacsclient" => {
                let waits = if has("-n") || has("--no-wait") { None } else { Some("-n".into()) };
                return Ok(vec![own(waits.into_iter().chain(self.place(file, line, column)).collect())]);
            }
            "emacs" if has_display && !has("-nw") => return Ok(vec![all]),
            "vi" | "vim" | "hx" | "helix" | "nano" | "micro" | "kak" | "emacs" => {}
            _ => return Ok(vec![all]),
        }
        if is_set("TMUX").is_none() {
            return Err(format!(
                "{} needs a terminal of its own. Start the app in tmux, or set HOT_EDITOR to an editor with a window or a \
                 server, such as HOT_EDITOR=code or HOT_EDITOR=emacsclient",
                self.program
            ));
        }
        // Several arguments are a program with its arguments to tmux, and no shell's command.
        let mut call: Call = ["tmux", "new-window", "--"].map(OsString::from).into();
        call.extend(all);
        Ok(vec![call])
    }

    /// The arguments for a place.
    fn place(&self, file: &Path, line: u32, column: u32) -> Vec<OsString> {
        let file = file.as_os_str();
        let suffixed = || {
            let mut text = file.to_owned();
            text.push(format!(":{line}:{column}"));
            text
        };
        match self.style() {
            Style::Code => vec!["-g".into(), suffixed()],
            Style::JetBrains => {
                let (line, column) = (line.to_string(), column.saturating_sub(1).to_string());
                vec!["--line".into(), line.into(), "--column".into(), column.into(), file.into()]
            }
            Style::Suffixed => vec![suffixed()],
            Style::Plus => vec![format!("+{line}:{column}").into(), file.into()],
            Style::Nano => vec![format!("+{line},{column}").into(), file.into()],
            Style::Vim => vec![format!("+call cursor({line},{column})").into(), file.into()],
            Style::FileAlone => vec![file.into()],
        }
    }
}

/// Splits a text into words. Single and double quotes keep spaces; a backslash is an ordinary character, as in a path of
/// Windows.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for char in text.chars() {
        match (quote, char) {
            (Some(open), char) if open == char => quote = None,
            (None, '"' | '\'') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None, char) if char.is_whitespace() => words.extend(word.take()),
            (_, char) => word.get_or_insert_default().push(char),
        }
    }
    if quote.is_some() {
        return Err("has a quote without an end");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(command: &str, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let environment = |name: &str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| OsString::from(value))
        };
        let command = EditorCommand::parse(command).unwrap();
        let calls = command.calls(Path::new("/p/-a b.js"), 3, 7, &environment)?;
        Ok(calls.iter().map(|call| call.join(OsStr::new("|")).into_string().unwrap()).collect())
    }

    #[test]
    fn each_editor_has_its_arguments() {
        for (command, call) in [
            ("code", "code|-g|/p/-a b.js:3:7"),
            ("/usr/bin/code --reuse-window", "/usr/bin/code|--reuse-window|-g|/p/-a b.js:3:7"),
            (r#""C:\Program Files\Code.exe""#, r"C:\Program Files\Code.exe|-g|/p/-a b.js:3:7"),
            ("cursor", "cursor|-g|/p/-a b.js:3:7"),
            ("rustrover", "rustrover|--line|3|--column|6|/p/-a b.js"),
            ("idea64.exe", "idea64.exe|--line|3|--column|6|/p/-a b.js"),
            ("zed", "zed|/p/-a b.js:3:7"),
            ("subl -n", "subl|-n|/p/-a b.js:3:7"),
            ("gvim --remote-silent", "gvim|--remote-silent|+call cursor(3,7)|/p/-a b.js"),
            ("vim --servername A", "vim|--servername|A|--remote|+call cursor(3,7)|/p/-a b.js"),
            ("emacsclient", "emacsclient|-n|+3:7|/p/-a b.js"),
            ("emacsclient --no-wait", "emacsclient|--no-wait|+3:7|/p/-a b.js"),
            ("my-editor", "my-editor|/p/-a b.js"),
        ] {
            assert_eq!(calls(command, &[]).unwrap(), [call]);
        }
    }

    #[test]
    fn a_terminals_editor_is_opened_where_there_is_a_terminal_for_it() {
        let tmux = [("TMUX", "/tmp/tmux-1000/default,1,0")];
        for (command, call) in [
            ("vim", "vim|+call cursor(3,7)|/p/-a b.js"),
            ("hx", "hx|/p/-a b.js:3:7"),
            ("nano", "nano|+3,7|/p/-a b.js"),
            ("kak", "kak|+3:7|/p/-a b.js"),
            ("emacs -nw", "emacs|-nw|+3:7|/p/-a b.js"),
        ] {
            let error = calls(command, &[("DISPLAY", ":0"), ("TMUX", "")]).unwrap_err();
            assert!(error.contains("HOT_EDITOR=code") && error.contains(&command[..2]), "{error}");
            assert_eq!(calls(command, &tmux).unwrap(), [format!("tmux|new-window|--|{call}")]);
        }
        assert_eq!(calls("emacs", &[("DISPLAY", ":0")]).unwrap(), ["emacs|+3:7|/p/-a b.js"]);
        assert!(calls("nvim", &[]).unwrap_err().contains("tmux"));
        assert_eq!(
            calls("nvim", &[("NVIM", "/run/nvim.0")]).unwrap(),
            [
                "nvim|--server|/run/nvim.0|--remote|/p/-a b.js",
                "nvim|--server|/run/nvim.0|--remote-expr|cursor(3,7)"
            ]
        );
    }

    #[test]
    fn an_invalid_command_has_a_reason() {
        for (text, reason) in [
            ("", "names no program"),
            ("  ", "names no program"),
            ("\"\" x", "names no program"),
            ("a 'b", "quote"),
            ("a\nb", "control"),
            (&"a ".repeat(40), "arguments"),
            (&"a".repeat(2_000), "1000"),
        ] {
            let error = EditorCommand::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
        let command = EditorCommand::parse("'a b' \"c  d\" e'f'").unwrap();
        assert_eq!(
            (command.program.as_str(), &command.arguments[..]),
            ("a b", &["c  d".into(), "ef".into()][..])
        );
    }
}
