//! Options of a build command.

use std::{
    path::{Path, PathBuf},
    process,
};

use super::{CommandError, name};
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
    pub(super) keeps_running: bool,
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
            keeps_running: false,
        }
    }

    /// Runs the command again when `path` changes, a folder or a file. A relative path begins at the current directory, not
    /// at [`dir`](Self::dir). One that is missing is watched as soon as it is made.
    ///
    /// Leave out files that the command itself writes there by [`ignore`](Self::ignore): each rewritten one runs
    /// it again.
    ///
    /// A command that [keeps running](Self::keep_running) is started again. It needs none: give it what it reads only at
    /// its start, such as its configuration.
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

    /// Keeps the command running: for a tool in watch mode, such as `tailwindcss --watch`, `sass --watch` or `tsc -w`.
    ///
    /// It is started once, and ends with the middleware and the app as any command does. If it ends before, pages and the
    /// log show how, and it is started again: after a second at first, after 30 seconds at most, and at once when what
    /// [`watch`](Self::watch) was given changes. Its standard input stays open, as some tools end with that.
    ///
    /// Its output says how its builds go. A text with an error, such as `error: …`, `SyntaxError: …` or
    /// `a.ts(1,7): error TS2322: …`, is the error of a build, which pages show until a text without one follows, or until
    /// files that [`files`](Self::files) watches change and nothing is said for 200 ms. The lines in which tsc, Tailwind
    /// CSS, Sass, esbuild and Rollup announce the start and the end of a build are recognized as such. A build that is
    /// announced ends, if no line says so, when the files have not changed for a second. A tool that reports only the
    /// errors of files that it has just built, as Sass does, hides those of others with them.
    ///
    /// ```no_run
    /// use tower_hot_middleware::{HotMiddleware, command::Command};
    ///
    /// let hot = HotMiddleware::dev();
    /// let tailwind = Command::new("npx @tailwindcss/cli -i app.css -o public/app.css --watch").keep_running();
    /// hot.command(tailwind.name("tailwind").files("/", "public"))?;
    /// // tsc would clear the terminal.
    /// let tsc = Command::new("npx tsc -w --preserveWatchOutput").keep_running();
    /// hot.command(tsc.watch("tsconfig.json").files("/js", "build"))?;
    /// # Ok::<(), tower_hot_middleware::command::CommandError>(())
    /// ```
    pub fn keep_running(mut self) -> Self {
        self.keeps_running = true;
        self
    }

    /// Names the command's bundle in pages and in the log. The default is the name of its program: `tailwindcss` for
    /// `npx tailwindcss -i app.css`, and `make 2` for the second command that begins with `make`.
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

    pub(super) fn given_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Name of its program.
    pub(super) fn program(&self) -> &str {
        name::program(&self.line)
    }

    pub(super) fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// The watch over the sources, and the one over the outputs, if there are any.
    pub(super) fn watches(&self) -> Result<(Option<Watch>, Option<Watch>), CommandError> {
        if self.line.trim().is_empty() {
            return Err(CommandError::NoCommand { line: self.line.clone() });
        }
        if self.sources.is_empty() && !self.keeps_running {
            return Err(CommandError::NoSources { line: self.line.clone() });
        }
        if let Some(dir) = self.dir.as_deref().filter(|dir| !dir.is_dir()) {
            return Err(CommandError::Dir { path: dir.to_owned() });
        }
        let sources =
            self.ignored.iter().fold(self.sources.iter().fold(Watch::new(), Watch::reload), Watch::ignore);
        for (_, path) in &self.outputs {
            make_folder(path)?;
        }
        let files = |watch: Watch, (prefix, path): &(String, PathBuf)| watch.files(prefix, path);
        let outputs = self.outputs.iter().fold(Watch::new(), files);
        Ok(((!self.sources.is_empty()).then_some(sources), self.has_outputs().then_some(outputs)))
    }

    /// The process to start.
    pub(super) fn process(&self) -> process::Command {
        let mut command = shell(&self.line);
        // Tools in watch mode end when their standard input does.
        let stdin = if self.keeps_running { process::Stdio::piped() } else { process::Stdio::null() };
        command.stdin(stdin);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }
}

#[cfg(not(windows))]
fn shell(line: &str) -> process::Command {
    let mut command = process::Command::new("/bin/sh");
    command.args(["-c", line]);
    command
}

/// The line reaches `cmd` as it is: an argument would have `\"` for each of its quotes, which `cmd` does not know. With `/S`,
/// `cmd` removes the first quote and the last, and nothing else.
#[cfg(windows)]
fn shell(line: &str) -> process::Command {
    use std::os::windows::process::CommandExt;

    let mut command = process::Command::new("cmd");
    command.args(["/D", "/S", "/C"]).raw_arg(format!("\"{line}\""));
    command
}

fn make_folder(path: &Path) -> Result<(), CommandError> {
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|source| CommandError::Output { path: path.to_owned(), source })
}
