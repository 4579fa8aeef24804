//! Files that a page opens in the developer's editor.

mod command;
mod files;
mod names;

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub(crate) use self::{
    command::EditorCommand,
    files::{KnownFiles, OpenableRoot},
};
use crate::escape::{Escaped, shorten};

/// The environment variables with the editor's command, the first one first.
const VARIABLES: [&str; 3] = ["HOT_EDITOR", "VISUAL", "EDITOR"];

/// The most files that are opened within a time.
const MAX_OPENED: usize = 10;
const WITHIN: Duration = Duration::from_secs(10);

/// The most editors that are waited for: some run as long as their window is open.
const MAX_RUNNING: usize = 32;

/// Lines and columns beyond this are no places in a file.
const MAX_NUMBER: u32 = 10_000_000;

/// Opens files in an editor.
#[derive(Debug, Default)]
pub(crate) struct Editor {
    /// The command of the option; the environment has it otherwise.
    command: Option<EditorCommand>,
    /// The times of the latest requests.
    opened: Mutex<Vec<Instant>>,
    running: Arc<AtomicUsize>,
}

/// The reason for which nothing was opened, as a text for the page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// The file may not be opened.
    NotAllowed(String),
    /// No editor can be started.
    NoEditor(String),
    /// Too many in a short time.
    TooMany,
    /// Too many are still running.
    Waiting,
}

impl Editor {
    pub(crate) fn new(command: Option<EditorCommand>) -> Self {
        Self { command, ..Self::default() }
    }

    /// Opens the file that a page names. Blocks for the look-up of the file and the start of the editor.
    pub(crate) fn open(
        &self,
        files: &KnownFiles,
        name: &str,
        line: u32,
        column: u32,
    ) -> Result<(), OpenError> {
        let place = |number: u32| number.clamp(1, MAX_NUMBER);
        let file = files
            .resolve(name)
            .map_err(|reason| OpenError::NotAllowed(format!("{:?} {reason}", shorten(name))))?;
        if self.running.load(Ordering::Relaxed) >= MAX_RUNNING {
            return Err(OpenError::Waiting);
        }
        if !self.is_allowed(Instant::now()) {
            return Err(OpenError::TooMany);
        }
        let command = self.command()?;
        let variable = |name: &str| env::var_os(name);
        let calls =
            command.calls(&file, place(line), place(column), &variable).map_err(OpenError::NoEditor)?;
        tracing::debug!("opening {} in {}", Escaped(file.display()), command.program());
        self.start(calls).map_err(|error| {
            OpenError::NoEditor(format!(
                "{} can't be started: {error}. Set HOT_EDITOR to the path of an editor, or OptionsBuilder::editor",
                command.program()
            ))
        })
    }

    fn command(&self) -> Result<EditorCommand, OpenError> {
        if let Some(command) = &self.command {
            return Ok(command.clone());
        }
        let named = VARIABLES.into_iter().find_map(|name| {
            let value = env::var(name).ok().filter(|value| !value.trim().is_empty())?;
            Some((name, value))
        });
        let Some((name, value)) = named else {
            return Err(OpenError::NoEditor(
                "No editor is known. Set HOT_EDITOR in the environment of the app, such as HOT_EDITOR=code, or \
                 OptionsBuilder::editor"
                    .to_owned(),
            ));
        };
        EditorCommand::parse(&value).map_err(|reason| {
            OpenError::NoEditor(format!(
                "The command in {name} {reason}. Set HOT_EDITOR, such as HOT_EDITOR=code"
            ))
        })
    }

    fn is_allowed(&self, now: Instant) -> bool {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|time| now.saturating_duration_since(*time) < WITHIN);
        let is_allowed = opened.len() < MAX_OPENED;
        if is_allowed {
            opened.push(now);
        }
        is_allowed
    }

    /// Starts the first call, and makes the others after it on a thread, which ends with the last one.
    fn start(&self, calls: Vec<Vec<OsString>>) -> io::Result<()> {
        let mut calls = calls.into_iter();
        let Some(first) = calls.next() else { return Ok(()) };
        let child = spawn(&first)?;
        let running = Running::of(&self.running);
        thread::Builder::new().name("hot-editor".to_owned()).spawn(move || {
            let _running = running;
            let mut child = Some(child);
            while let Some(mut current) = child.take() {
                if current.wait().is_ok_and(|status| status.success()) {
                    child = calls.next().and_then(|call| spawn(&call).ok());
                }
            }
        })?;
        Ok(())
    }
}

/// Starts a program without a shell, and outside of the app's process group: Ctrl-C is not meant for it.
fn spawn(call: &[OsString]) -> io::Result<Child> {
    let started = spawn_named(call);
    match (call.first(), started) {
        // Windows looks for `code.exe` alone, and VS Code and others have `code.cmd`.
        (Some(program), Err(error))
            if cfg!(windows) && error.kind() == io::ErrorKind::NotFound && is_bare(program) =>
        {
            let mut batch = program.clone();
            batch.push(".cmd");
            let call: Vec<_> = std::iter::once(batch).chain(call.iter().skip(1).cloned()).collect();
            spawn_named(&call).map_err(|_| error)
        }
        (_, started) => started,
    }
}

/// Returns true for a name without a folder and an extension.
fn is_bare(program: &OsStr) -> bool {
    let path = Path::new(program);
    path.file_name() == Some(program) && path.extension().is_none()
}

fn spawn_named(call: &[OsString]) -> io::Result<Child> {
    let mut command = Command::new(call.first().map_or(OsStr::new(""), OsString::as_os_str));
    command.args(call.iter().skip(1)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Counts an editor that is waited for.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn of(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_files_are_opened_in_ten_seconds() {
        let (editor, start) = (Editor::default(), Instant::now());
        let opened = |at: Instant| (0..50).filter(|_| editor.is_allowed(at)).count();
        assert_eq!(
            [opened(start), opened(start + WITHIN / 2), opened(start + WITHIN)],
            [MAX_OPENED, 0, MAX_OPENED]
        );
    }
}
