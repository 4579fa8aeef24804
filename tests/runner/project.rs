//! A small project in a temporary folder, and `cargo hmr` running in it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    app, http,
    turn::{Turn, prepare},
};

/// Long enough for a build of all dependencies on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(200);

/// Calls a function until it returns a result.
pub(crate) fn until<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(result) = check() {
            return result;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A folder with a package, removed at the end.
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) port: u16,
    turn: Turn,
}

impl Project {
    /// Creates a package with this `main.rs`, in which `PORT` is replaced with a free port.
    pub(crate) fn new(main: &str) -> Self {
        Self::in_turn(main, Turn::wait(false))
    }

    /// The same for a test that measures times: no other one runs meanwhile.
    pub(crate) fn alone(main: &str) -> Self {
        Self::in_turn(main, Turn::wait(true))
    }

    fn in_turn(main: &str, turn: Turn) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("app{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("hmr-{}-{name}", std::process::id()));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let project = Self { folder, name, port, turn };
        project.write("Cargo.toml", &app::manifest(&project.name, ""));
        fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project.write("src/main.rs", main);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        assert!(path.starts_with(&self.folder), "{name} is in the project");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("PORT", &self.port.to_string()).replace("NAME", &self.name)).unwrap();
    }

    /// Replaces a part of a file and saves it.
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}: {text}");
        fs::write(self.path(name), text.replace(from, to)).unwrap();
    }

    /// The folder of the builds.
    pub(crate) fn target(&self) -> PathBuf {
        self.turn.target()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-hmr"));
        command.arg("hmr").args(arguments).current_dir(&self.folder);
        prepare(&mut command, &self.target());
        command.env("CARGO_NET_OFFLINE", "true");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::start(self.command(arguments), self.port)
    }

    /// Starts the runner, and waits until the app responds.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        run.until_answer("/", |answer| answer.status == 200);
        run
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        let memory = self.target().join("cargo-hmr").join(format!("{0}-{0}.json", self.name));
        let _ = fs::remove_file(memory);
    }
}

/// A running `cargo hmr`, which ends when it is dropped.
pub(crate) struct Run {
    pub(crate) child: Child,
    pub(crate) port: u16,
    output: Arc<Mutex<String>>,
}

impl Run {
    pub(crate) fn start(mut command: Command, port: u16) -> Self {
        let mut child = command.spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        for pipe in [Box::new(stdout) as Box<dyn Read + Send>, Box::new(stderr)] {
            let output = output.clone();
            thread::spawn(move || {
                let mut lines = BufReader::new(pipe);
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                    output.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
                    line.clear();
                }
            });
        }
        Self { child, port, output }
    }

    /// Returns all that it has printed.
    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits for a text in the output after its first `from` bytes.
    pub(crate) fn says(&self, text: &str, from: usize) {
        let begun = Instant::now();
        while !self.output()[from..].contains(text) {
            assert!(begun.elapsed() < PATIENCE, "{text:?} should be printed, in:\n{}", self.output());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Requests a path until the response fits.
    pub(crate) fn until_answer(&self, path: &str, fits: impl Fn(&http::Answer) -> bool) -> http::Answer {
        let begun = Instant::now();
        loop {
            let answer = match http::get(self.port, path) {
                Ok(answer) if fits(&answer) => return answer,
                answer => answer,
            };
            assert!(
                begun.elapsed() < PATIENCE,
                "{path} is answered with {answer:?}; output:\n{}",
                self.output()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn until_body(&self, text: &str) {
        self.until_answer("/", |answer| answer.status == 200 && answer.body.contains(text));
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status =
            Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it exits.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("cargo hmr should end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.signal("TERM");
            self.wait();
        }
    }
}
