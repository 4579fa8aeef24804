//! Options of a build command.

use std::{
    path::{Path, PathBuf},
    process,
};

use super::CommandError;
use crate::source::{process::Output, watch::Watch};

/// A build command, and the sources whose change runs it.
///
/// ```no_run
/// use tower_hot_middleware::{HotMiddleware, command::Command};
///
/// let hot = HotMiddleware::dev();
/// hot.command(Command::new("make css").watch("styles").files("/", "public"))?;
/// # Ok::<(), tower_hot_middleware::command::CommandError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is given to `HotMiddleware::command`"]
pub struct Command {
    pub(super) line: String,
    name: Option<String>,
    dir: Option<PathBuf>,
    sources: Vec<PathBuf>,
    ignored: Vec<String>,
    outputs: Vec<(String, PathBuf)>,
    pub(super) output: Output,
}

impl Command {
    /// A command line for the shell: `sh -c` on Unix, `cmd /C` on Windows.
    pub fn new(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            name: None,
            dir: None,
            sources: Vec::new(),
            ignored: Vec::new(),
            outputs: Vec::new(),
            output: Output::default(),
        }
    }

    /// Runs the command again when `path` changes, a folder or a file. A relative path begins at the current directory, not
    /// at [`dir`](Self::dir).
    ///
    /// Leave out files that the command itself writes there by [`ignore`](Self::ignore): each rewritten one runs
    /// it again.
    pub fn watch(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.push(path.into());
        self
    }

    /// Leaves out the sources that `pattern` matches, as [`Watch::ignore`] does.
    pub fn ignore(mut self, pattern: impl Into<String>) -> Self {
        self.ignored.push(pattern.into());
        self
    }

    /// Watches the command's output folder `path`, which the app serves under the URL path `prefix`: pages are updated by
    /// what changes there. The folder is made if it is missing.
    pub fn files(mut self, prefix: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.outputs.push((prefix.into(), path.into()));
        self
    }

    /// Names the command's bundle in pages and in the log. The default is the command line.
    ///
    /// Two commands of one middleware need different names.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs the command in this directory. The default is the current one.
    pub fn dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.dir = Some(path.into());
        self
    }

    /// Sets the destination of the command's output. The default is [`Output::Terminal`].
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    pub(super) fn bundle(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.line)
    }

    /// The watch over the sources, and the one over the outputs if there are any.
    pub(super) fn watches(&self) -> Result<(Watch, Option<Watch>), CommandError> {
        if self.line.trim().is_empty() {
            return Err(CommandError::NoCommand { line: self.line.clone() });
        }
        if self.sources.is_empty() {
            return Err(CommandError::NoSources { line: self.line.clone() });
        }
        if let Some(dir) = self.dir.as_deref().filter(|dir| !dir.is_dir()) {
            return Err(CommandError::Dir { path: dir.to_owned() });
        }
        let sources = self.sources.iter().fold(Watch::new(), Watch::reload);
        let sources = self.ignored.iter().fold(sources, Watch::ignore);
        let mut outputs = None;
        for (prefix, path) in &self.outputs {
            make_folder(path)?;
            outputs = Some(outputs.unwrap_or_else(Watch::new).files(prefix, path));
        }
        Ok((sources, outputs.map(|watch| watch.name(format!("{} output", self.bundle())))))
    }

    /// The process to start.
    pub(super) fn process(&self) -> process::Command {
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
        let mut command = process::Command::new(shell);
        command.args([option, &self.line]).stdin(process::Stdio::null());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }
}

fn make_folder(path: &Path) -> Result<(), CommandError> {
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|source| CommandError::Output { path: path.to_owned(), source })
}
