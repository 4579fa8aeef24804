//! Listening sockets stay with their process. An executable is copied before it runs, as cargo can't replace one that does.

use std::{
    convert::Infallible,
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

/// Set where a process of the app can take the sockets over.
pub(crate) const PASSES_SOCKETS: bool = false;

/// The variable with the search path for dynamic libraries.
pub(crate) const LIBRARIES_NAME: &str = "PATH";
pub(crate) const LIBRARIES: &str = LIBRARIES_NAME;

/// Most copies that are looked at: the others are removed by the next start.
const MAX_COPIES: usize = 64;

pub(crate) fn inherited(_: usize) -> Vec<TcpListener> {
    Vec::new()
}

pub(crate) fn adopt(socket: Infallible) -> TcpListener {
    match socket {}
}

/// Returns the command of a process, which runs a copy of the executable.
pub(crate) fn app_command<'a>(
    executable: &Path,
    _: impl Iterator<Item = &'a TcpListener>,
) -> io::Result<Command> {
    Ok(Command::new(copy(executable)?))
}

/// Copies an executable into the folder `cargo-hmr` beside it, under a name that is free. Removes earlier copies, except
/// those that still run.
fn copy(executable: &Path) -> io::Result<PathBuf> {
    let folder = executable.parent().unwrap_or(Path::new("")).join("cargo-hmr");
    fs::create_dir_all(&folder)?;
    let name = executable.file_stem().unwrap_or_default().to_string_lossy();
    let copies = (0..MAX_COPIES).map(|count| folder.join(format!("{name}-{count}.exe")));
    let mut free = None;
    for copy in copies {
        // Fails while the copy runs.
        if !copy.exists() || fs::remove_file(&copy).is_ok() {
            free.get_or_insert(copy);
        }
    }
    let free =
        free.ok_or_else(|| io::Error::other(format!("all copies in {} are running", folder.display())))?;
    fs::copy(executable, &free)?;
    Ok(free)
}

#[cfg(test)]
mod tests {
    use super::{
        super::group::tests::{free_port, listen_in, until},
        *,
    };

    #[test]
    fn a_copy_is_free_again_when_its_process_has_ended() {
        let folder = std::env::temp_dir().join(format!("hmr-copies-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let executable = folder.join("app.exe");
        fs::copy(std::env::current_exe().unwrap(), &executable).unwrap();
        let first = copy(&executable).unwrap();
        assert!(first.ends_with("cargo-hmr/app-0.exe"), "{first:?}");
        let port = free_port();
        let mut child = listen_in(&first, port, false);
        until(true, port);
        assert!(copy(&executable).unwrap().ends_with("cargo-hmr/app-1.exe"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(copy(&executable).unwrap(), first);
        fs::remove_dir_all(&folder).unwrap();
    }
}
