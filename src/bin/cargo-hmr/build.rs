//! One run of `cargo build`, and its messages.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::mpsc::Sender,
};

use cargo_metadata::{
    Artifact, BuildScript, Message,
    diagnostic::{Diagnostic, DiagnosticLevel},
};

use crate::{
    args::Args,
    event::{CargoEvent, Event},
    process,
    project::{self, Project},
    system::Group,
    terminal::Stream,
};

/// Maximum number of errors sent to a page, and maximum size of each in bytes.
const MAX_ERRORS: usize = 50;
const MAX_ERROR: usize = 32 * 1024;

/// Maximum length of a line in bytes; longer lines are split.
const MAX_LINE: usize = 8 << 20;

/// A running build. Dropping it kills cargo and its children.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) number: u64,
    group: Group,
    pub(crate) result: Outcome,
}

/// Result of a build.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Each error begins with its file, line and column.
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: usize,
    pub(crate) executable: Option<PathBuf>,
    /// Set once rustc has compiled a crate.
    pub(crate) compiles: bool,
    /// Files with errors.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) scripts: Scripts,
    /// The last lines of standard error, for failures without a compiler message.
    last: Vec<u8>,
}

/// What build scripts have for the program that runs, which gets it as from `cargo run`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scripts {
    /// Variables that the package's own script has set by `cargo::rustc-env`.
    pub(crate) environment: Vec<(String, String)>,
    /// Folders of dynamic libraries that scripts have built.
    pub(crate) libraries: Vec<PathBuf>,
}

impl Build {
    pub(crate) fn start(
        number: u64,
        args: &Args,
        project: &Project,
        is_tty: bool,
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        let mut command = command(args, project, is_tty);
        // Files that are named relative to the workspace are found from there.
        command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "100");
        let (mut stdout, mut stderr) = (Lines::default(), Lines::default());
        let told = events.clone();
        let output = move |stream, bytes: &[u8]| match stream {
            Stream::Out => stdout.split(bytes, |line| {
                if let Ok(message) = serde_json::from_slice(line) {
                    let _ = told.send(Event::Cargo(number, CargoEvent::Message(Box::new(message))));
                }
            }),
            Stream::Err => stderr.split(bytes, |line| {
                let _ = told.send(Event::Cargo(number, of_stderr(line)));
            }),
        };
        let ending = events.clone();
        let ended = move |_, status, _| drop(ending.send(Event::Cargo(number, CargoEvent::Ended { status })));
        let group = process::start(command, output, ended)?;
        Ok(Self { number, group, result: Outcome::default() })
    }

    pub(crate) fn group(&self) -> u32 {
        self.group.id()
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        // rustc discards an unfinished incremental session.
        self.group.kill();
    }
}

fn command(args: &Args, project: &Project, is_tty: bool) -> Command {
    let mut command = Command::new(project::cargo());
    command.args(["build", "--message-format=json-diagnostic-rendered-ansi"]).args(args.cargo.options());
    if args.cargo.package.is_none() {
        command.arg("--package").arg(project.spec());
    }
    let kind = if project.target.is_example { "--example" } else { "--bin" };
    command.arg(kind).arg(&project.target.name);
    if is_tty && std::env::var_os("CARGO_TERM_COLOR").is_none() && std::env::var_os("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

impl Outcome {
    /// Applies a message. Returns text for the terminal.
    pub(crate) fn apply(&mut self, message: Message, project: &Project) -> Option<String> {
        match message {
            Message::CompilerArtifact(artifact) => {
                self.compiles |= !artifact.fresh;
                self.artifact(artifact, project);
                None
            }
            Message::CompilerMessage(message) => Some(self.diagnostic(message.message, &project.workspace)),
            Message::BuildScriptExecuted(script) => {
                self.scripts.add(script, project);
                None
            }
            _ => None,
        }
    }

    fn artifact(&mut self, artifact: Artifact, project: &Project) {
        let is_kind =
            if project.target.is_example { artifact.target.is_example() } else { artifact.target.is_bin() };
        if is_kind
            && artifact.target.name == project.target.name
            && artifact.manifest_path == project.package.manifest_path
        {
            self.executable = artifact.executable.map(Into::into);
        }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic, workspace: &Path) -> String {
        let rendered = diagnostic.rendered.unwrap_or_default();
        let span = diagnostic.spans.iter().find(|span| span.is_primary).or(diagnostic.spans.first());
        match diagnostic.level {
            // The summary of the warnings before it.
            DiagnosticLevel::Warning if span.is_none() && diagnostic.message.ends_with("emitted") => {}
            DiagnosticLevel::Warning => self.warnings += 1,
            DiagnosticLevel::Error | DiagnosticLevel::Ice
                if diagnostic.message.starts_with("aborting due to") => {}
            DiagnosticLevel::Error | DiagnosticLevel::Ice => {
                for span in &diagnostic.spans {
                    self.files.push(workspace.join(&span.file_name));
                }
                let place = span
                    .map(|span| format!("{} {}:{}\n", span.file_name, span.line_start, span.column_start));
                self.error(place.as_deref().unwrap_or_default(), &rendered);
            }
            _ => {}
        }
        rendered
    }

    fn error(&mut self, place: &str, text: &str) {
        if self.errors.len() < MAX_ERRORS {
            let text = &text[..text.floor_char_boundary_at(MAX_ERROR)];
            self.errors.push(format!("{place}{}", text.trim_end()));
        }
    }

    /// Records a line of standard error.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        self.compiles |= plain(&text).trim_start().starts_with("Compiling ");
        self.last.extend_from_slice(line);
        let over = self.last.len().saturating_sub(MAX_ERROR);
        self.last.drain(..over);
    }

    /// Adds an error if the compiler has reported none: the manifest, a build script or cargo itself failed.
    pub(crate) fn fail(&mut self, status: Option<ExitStatus>) {
        if self.errors.is_empty() {
            let text = String::from_utf8_lossy(&std::mem::take(&mut self.last)).into_owned();
            // Successful steps before the error are left out.
            let start = text.lines().position(|line| plain(line).starts_with("error")).unwrap_or(0);
            let text: String = text.lines().skip(start).flat_map(|line| [line, "\n"]).collect();
            self.error(&format!("cargo build failed: {}\n", process::describe(status)), &text);
        }
    }
}

impl Scripts {
    fn add(&mut self, script: BuildScript, project: &Project) {
        if script.package_id == project.package.id {
            self.environment = script.env;
        }
        // `native=/folder`. Cargo leaves out folders of the system, too.
        let folders = script.linked_paths.iter().map(|path| {
            let path = path.as_str();
            PathBuf::from(path.split_once('=').map_or(path, |(_, folder)| folder))
        });
        self.libraries.extend(folders.filter(|folder| folder.starts_with(&project.target_dir)));
    }
}

trait Boundary {
    fn floor_char_boundary_at(&self, at: usize) -> usize;
}

impl Boundary for str {
    /// The last character boundary at or before this byte.
    fn floor_char_boundary_at(&self, at: usize) -> usize {
        (0..=at.min(self.len())).rev().find(|&at| self.is_char_boundary(at)).unwrap_or(0)
    }
}

/// Bytes, split into lines.
#[derive(Debug, Default)]
struct Lines(Vec<u8>);

impl Lines {
    /// Calls `each` with every completed line, including its terminator. A progress bar ends with a carriage return.
    fn split(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            self.0.extend_from_slice(piece);
            if piece.ends_with(b"\n") || piece.ends_with(b"\r") || self.0.len() > MAX_LINE {
                each(&self.0);
                self.0.clear();
            }
        }
    }
}

/// Parses cargo's progress bar; any other text is a line.
fn of_stderr(line: &[u8]) -> CargoEvent {
    let line = line.strip_prefix(b"\x1b[K").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    progress(&plain(&text)).unwrap_or_else(|| CargoEvent::Line(line.to_vec()))
}

/// Parses `    Building [====>      ] 3/7: app, build.rs`.
fn progress(text: &str) -> Option<CargoEvent> {
    let rest = text.trim().strip_prefix("Building [")?;
    let (count, crates) = rest.split_once("] ")?.1.split_once(": ").unwrap_or((rest.split_once("] ")?.1, ""));
    let (done, all) = count.trim_end_matches("...").split_once('/')?;
    Some(CargoEvent::Progress {
        done: done.trim().parse().ok()?,
        all: all.trim().parse().ok()?,
        crates: crates.to_owned(),
    })
}

/// Text without its escape sequences.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = match after.strip_prefix('[') {
            // ECMA-48, section 5.4: parameters, then one final byte.
            Some(sequence) => {
                sequence.find(|char| ('@'..='~').contains(&char)).map_or("", |end| &sequence[end + 1..])
            }
            None => after,
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_from_lines() {
        let bar = "\x1b[K\x1b[1m\x1b[36m    Building\x1b[0m [=====>     ] 3/7: app, build.rs\r";
        let cases = [
            (bar, Some((3, 7, "app, build.rs"))),
            ("    Building [>       ] 0/12\r", Some((0, 12, ""))),
            ("   Compiling app v0.1.0\n", None),
            ("    Building [ ] many/12\r", None),
            ("    Blocking waiting for file lock on build directory\n", None),
        ];
        for (line, expected) in cases {
            match (of_stderr(line.as_bytes()), expected) {
                (CargoEvent::Progress { done, all, crates }, Some(expected)) => {
                    assert_eq!((done, all, crates.as_str()), expected);
                }
                (CargoEvent::Line(_), None) => {}
                (said, expected) => panic!("{said:?} is not {expected:?}"),
            }
        }
    }

    #[test]
    fn lines_are_split_wherever_they_are_read() {
        let mut lines = Lines::default();
        let mut read = Vec::new();
        for bytes in [&b"on"[..], b"e\ntwo\r", b"three\nfo"] {
            lines.split(bytes, |line| read.push(String::from_utf8_lossy(line).into_owned()));
        }
        assert_eq!(read, ["one\n", "two\r", "three\n"]);
    }

    #[test]
    fn escapes_are_taken_off() {
        assert_eq!(plain("\x1b[1;31merror\x1b[0m: \x1b[Kx"), "error: x");
        assert_eq!(plain("\x1b[1"), "");
    }

    #[test]
    fn a_failure_without_messages_is_explained_by_what_cargo_said_last() {
        let mut outcome = Outcome::default();
        for line in
            ["   Compiling a v0.1.0\n", "error: failed to run custom build command\n", "  Caused by:\n"]
        {
            outcome.line(line.as_bytes());
        }
        outcome.fail(None);
        assert_eq!(outcome.errors.len(), 1);
        let error = &outcome.errors[0];
        assert!(error.contains("custom build command") && !error.contains("Compiling"), "{error}");
        assert!(outcome.compiles);
    }
}
