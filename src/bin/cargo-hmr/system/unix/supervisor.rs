//! The supervisor: a shell that stops the runner's child processes, even if the runner is killed.
//!
//! It reads process groups from a pipe that the runner holds open. When the pipe closes, it stops these groups. On Linux it
//! also stops processes that have left their group: they have the runner's mark in their environment.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use super::super::mark::MARK;

/// `$1` is the mark's value, a folder that is removed at the end. The shell ignores signals sent to stop the runner.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
groups=
while read -r word group; do
  case $word in
    add) groups="$groups $group" ;;
    drop) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
marked() {
  for p in /proc/[0-9]*; do
    if [ "$p" != "/proc/$$" ] && grep -qzxF "CARGO_HMR=$1" "$p/environ" 2>/dev/null; then echo "${p#/proc/}"; fi
  done
}
end() {
  for g in $groups; do kill -s "$1" -- "-$g" 2>/dev/null; done
  for p in $(marked "$2"); do kill -s "$1" "$p" 2>/dev/null; done
}
end TERM "$1"
n=0
while [ $n -lt 20 ]; do
  alive=$(marked "$1")
  for g in $groups; do kill -s 0 -- "-$g" 2>/dev/null && alive=yes; done
  [ -z "$alive" ] && break
  sleep 0.1
  n=$((n + 1))
done
end KILL "$1"
rm -rf "$1"
"#;

#[derive(Debug)]
pub(crate) struct Supervisor {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Supervisor {
    pub(crate) fn start(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "supervisor"]).arg(folder).current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).env_remove(MARK);
        let mut shell = shell.spawn().map_err(|error| {
            io::Error::other(format!(
                "failed to start /bin/sh, which stops child processes if the runner is killed: {error}"
            ))
        })?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    pub(crate) fn add(&mut self, group: u32) {
        self.write("add", group);
    }

    pub(crate) fn remove(&mut self, group: u32) {
        self.write("drop", group);
    }

    fn write(&mut self, word: &str, group: u32) {
        if let Some(pipe) = &mut self.pipe {
            // Fails if the supervisor was killed.
            let _ = writeln!(pipe, "{word} {group}");
        }
    }
}

impl Drop for Supervisor {
    /// Waits until the supervisor has stopped the remaining processes.
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.shell.wait();
    }
}
