//! The processes of a test: Redis, and those of the app. Each ends with its value.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The longest time for anything to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not happen within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The path of a program: from the environment, or from `PATH`. `None` if it is not installed, which fails with `CI=true`.
pub(crate) fn program(variable: &str, name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::var_os(variable).map(PathBuf::from).or_else(|| {
        let folders = env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
        folders.map(|folder| folder.join(name)).find(|path| path.is_file())
    });
    let is_required = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        found.is_some() || !is_required,
        "{name} is missing: apt-get install {name}, or set {variable} to its path"
    );
    found
}

/// A folder that is removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("hot-relay-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A Redis server on a socket in a folder of its own, without files.
pub(crate) struct Redis {
    folder: Folder,
    program: PathBuf,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Redis {
    /// Starts one; `None` if it is not installed.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let mut redis = Self::stopped(arguments)?;
        redis.begin();
        Some(redis)
    }

    pub(crate) fn stopped(arguments: &[&str]) -> Option<Self> {
        let program = program("REDIS_SERVER", "redis-server")?;
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Some(Self { folder: Folder::new(), program, arguments, process: None })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Starts the process, empty.
    pub(crate) fn begin(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let socket = self.socket();
        let process = Command::new(&self.program)
            .args([
                "--port",
                "0",
                "--unixsocket",
                socket.to_str().unwrap(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        until("the start of Redis", || redis::Client::open(self.url()).unwrap().get_connection().is_ok());
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        send_signal(self.process.as_ref().unwrap(), signal);
    }

    pub(crate) fn command<T: redis::FromRedisValue>(&self, parts: &[&str]) -> T {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        let mut command = redis::cmd(parts[0]);
        parts[1..].iter().for_each(|part| {
            command.arg(*part);
        });
        command.query(&mut connection).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal such as `-STOP` to a child that has not been waited for.
fn send_signal(process: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap().success());
}

/// A process of the app.
pub(crate) struct Replica {
    process: Child,
    stdin: Option<ChildStdin>,
    pub(crate) port: u16,
    /// The lines on its standard error.
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
}

impl Replica {
    pub(crate) fn start(url: &str, prefix: &str, name: &str) -> Self {
        Self::with(&[url, prefix, name])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self::behind(None, arguments)
    }

    /// Starts one that trusts these certificates alone.
    #[cfg(feature = "redis-tls")]
    pub(crate) fn trusting(certificates: &str, arguments: &[&str]) -> Self {
        Self::start_with(&[("SSL_CERT_FILE", certificates.as_ref())], arguments)
    }

    /// Starts one that a proxy reaches by this socket.
    pub(crate) fn behind(socket: Option<&Path>, arguments: &[&str]) -> Self {
        let environment: Vec<_> = socket.iter().map(|socket| ("RELAY_SOCKET", socket.as_os_str())).collect();
        Self::start_with(&environment, arguments)
    }

    fn start_with(environment: &[(&str, &OsStr)], arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_relay-app"))
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("it prints its port");
        let (stderr, lines) =
            (BufReader::new(process.stderr.take().unwrap()), Arc::<Mutex<Vec<_>>>::default());
        let noted = lines.clone();
        thread::spawn(move || {
            stderr.lines().map_while(Result::ok).for_each(|line| noted.lock().unwrap().push(line));
        });
        Self { stdin: process.stdin.take(), process, port, lines }
    }

    pub(crate) fn signal(&self, signal: &str) {
        send_signal(&self.process, signal);
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    pub(crate) fn post(&self, path: &str) {
        let (status, body) = request(
            self.port,
            &format!("POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
        );
        assert_eq!(status, 200, "{body}");
    }

    pub(crate) fn get(&self, path: &str) -> String {
        request(self.port, &format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")).1
    }

    /// Number of clients of this process, and of all.
    pub(crate) fn clients(&self) -> (usize, usize) {
        let text = self.get("/clients");
        let (local, all) = text.split_once(' ').expect("two numbers");
        (local.parse().unwrap(), all.parse().unwrap())
    }
}

/// Returns the lines of a process about Redis being away.
pub(crate) fn warnings(replica: &Replica) -> usize {
    replica.lines.lock().unwrap().iter().filter(|line| line.contains("is away")).count()
}

impl Drop for Replica {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a request. Returns the status and the body of the answer.
pub(crate) fn request(port: u16, text: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}
