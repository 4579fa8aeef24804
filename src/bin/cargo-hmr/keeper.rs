//! The keeper: a shell that outlives a runner that was killed just long enough to end what the runner has started.
//!
//! It reads a pipe that the runner holds open. When the pipe ends, it ends the process groups that it has read, and on
//! Linux every process that has the runner's mark in its environment: what has left its group has kept that.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

/// Marks all that a runner has started.
pub(crate) const MARK: &str = "CARGO_HMR";

/// `$1` is the mark's value, a folder that goes too. Every signal that can be ignored is.
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
pub(crate) struct Keeper {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Keeper {
    pub(crate) fn start(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "keeper"]).arg(folder).current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).env_remove(MARK);
        let mut shell = shell.spawn().map_err(|error| {
            io::Error::other(format!(
                "/bin/sh can't be started, which ends what a killed runner leaves: {error}"
            ))
        })?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    pub(crate) fn add(&mut self, group: u32) {
        self.write("add", group);
    }

    pub(crate) fn drop_group(&mut self, group: u32) {
        self.write("drop", group);
    }

    fn write(&mut self, word: &str, group: u32) {
        if let Some(pipe) = &mut self.pipe {
            // It fails when the keeper was killed.
            let _ = writeln!(pipe, "{word} {group}");
        }
    }
}

impl Drop for Keeper {
    /// Has the keeper end all that is left, and waits for it.
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.shell.wait();
    }
}
