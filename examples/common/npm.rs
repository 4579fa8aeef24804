//! The packages of an example's front end.

use std::{error::Error, path::Path, process::Command};

/// Installs the packages of the current folder by its lock file, unless `package` is there.
pub(crate) fn install(package: &str) -> Result<(), Box<dyn Error>> {
    if Path::new("node_modules").join(package).exists() {
        return Ok(());
    }
    println!("\n  Installing the front end's packages once …");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let status = Command::new(npm)
        .args(["ci", "--no-audit", "--no-fund"])
        .status()
        .map_err(|error| format!("npm can't be run: {error}; install Node.js from https://nodejs.org"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("npm could not install the packages: {status}").into())
    }
}
