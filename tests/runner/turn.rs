//! Turns of the tests: two run at a time, each with a target folder of its own, and those that measure times run alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Condvar, Mutex, Once, PoisonError},
};

use crate::app;

/// The folders, whose dependencies are built once for all tests. Cargo's lock lets one build run at a time in each.
const FOLDERS: [&str; 2] = ["runner-apps", "runner-apps-2"];

static FREE: Mutex<[bool; FOLDERS.len()]> = Mutex::new([true; FOLDERS.len()]);
static RETURNED: Condvar = Condvar::new();

/// A turn, which ends when it is dropped.
pub(crate) struct Turn {
    folder: usize,
    is_alone: bool,
}

impl Turn {
    pub(crate) fn wait(is_alone: bool) -> Self {
        static DEPENDENCIES: Once = Once::new();
        DEPENDENCIES.call_once(build_dependencies);
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let is_busy = |free: &mut [bool; FOLDERS.len()]| {
            if is_alone { free.contains(&false) } else { !free.contains(&true) }
        };
        let mut free = RETURNED.wait_while(free, is_busy).unwrap_or_else(PoisonError::into_inner);
        let folder = free.iter().position(|&is_free| is_free).unwrap();
        if is_alone {
            *free = [false; FOLDERS.len()];
        }
        free[folder] = false;
        Self { folder, is_alone }
    }

    pub(crate) fn target(&self) -> PathBuf {
        target(self.folder)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_alone {
            *free = [true; FOLDERS.len()];
        }
        free[self.folder] = true;
        RETURNED.notify_all();
    }
}

fn target(folder: usize) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_cargo-hmr")).parent().unwrap().with_file_name(FOLDERS[folder])
}

/// Sets the environment of a build. All share their dependencies, also with the quick start, so all have its profile.
pub(crate) fn prepare(command: &mut Command, target: &Path) {
    command.env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "false");
    // Cargo sets these for this package's tests.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") || text == "CARGO" {
            command.env_remove(&name);
        }
    }
}

/// Builds the dependencies of most apps once, and copies them: cargo knows its artifacts by their times.
fn build_dependencies() {
    let folder = std::env::temp_dir().join(format!("hmr-{}-dependencies", std::process::id()));
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), app::manifest("dependencies", "")).unwrap();
    fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet"]).current_dir(&folder);
    prepare(&mut build, &target(0));
    assert!(build.status().unwrap().success());
    fs::remove_dir_all(&folder).unwrap();
    for other in 1..FOLDERS.len() {
        if !target(other).exists() {
            let mut copy = Command::new("cp");
            copy.args(["--archive", "--reflink=auto"]).args([target(0), target(other)]);
            assert!(copy.status().unwrap().success());
        }
    }
}
