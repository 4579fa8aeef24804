//! The command line: cargo's build options and the runner's own.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf};

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

const AFTER: &str = "\
Keys on a terminal: r rebuilds and restarts, o opens the browser, c clears the terminal, q quits.

Exit codes: 0 after q, 2 for a bad option, 101 if it can't start, 130 and 143 after Ctrl-C and SIGTERM.

`watch`, `ignore` and `listen` can also be set in Cargo.toml, as lists under `[package.metadata.hmr]`.";

/// Builds and runs an app, restarts it on every save without refusing a request, and shows rustc's errors in the page
#[derive(Debug, Parser)]
#[command(name = "cargo-hmr", bin_name = "cargo hmr", version, after_help = AFTER)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) cargo: Cargo,

    /// Also restarts the app when this file, or a file in this folder, changes
    #[arg(long, value_name = "PATH", help_heading = "Following")]
    pub(crate) watch: Vec<PathBuf>,

    /// Ignores files that match: `*.rs.bk`, `src/generated/**`
    #[arg(long, value_name = "GLOB", help_heading = "Following")]
    pub(crate) ignore: Vec<String>,

    /// Listens on this address before the app runs [default: the addresses of the last run]
    #[arg(long, value_name = "ADDRESS", help_heading = "Following")]
    pub(crate) listen: Vec<SocketAddr>,

    /// Opens the browser once the app accepts
    #[arg(long, help_heading = "Following")]
    pub(crate) open: bool,

    /// Prints a completion script for this shell, and exits
    #[arg(long, value_name = "SHELL", help_heading = "Following")]
    pub(crate) completions: Option<Shell>,

    /// Arguments for the app
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(crate) app: Vec<OsString>,
}

/// Options passed on to cargo.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Building, as in cargo run")]
#[allow(clippy::struct_excessive_bools, reason = "each is one of cargo's flags")]
pub(crate) struct Cargo {
    /// Package to build
    #[arg(short, long, value_name = "SPEC")]
    pub(crate) package: Option<String>,

    /// Binary to run
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(crate) bin: Option<String>,

    /// Example to run
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Option<String>,

    /// Features to activate, separated by spaces or commas
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub(crate) features: Vec<String>,

    /// Activates all features
    #[arg(long)]
    pub(crate) all_features: bool,

    /// Deactivates the default features
    #[arg(long)]
    pub(crate) no_default_features: bool,

    /// Builds with the release profile
    #[arg(short, long, conflicts_with = "profile")]
    pub(crate) release: bool,

    /// Builds with this profile
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Target triple to build for
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,

    /// Folder for all generated artifacts
    #[arg(long, value_name = "PATH")]
    pub(crate) target_dir: Option<PathBuf>,

    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Number of parallel jobs
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<String>,

    /// Requires that Cargo.lock remains unchanged
    #[arg(long)]
    pub(crate) locked: bool,

    /// Runs without the network
    #[arg(long)]
    pub(crate) offline: bool,

    /// Equivalent to --locked and --offline
    #[arg(long)]
    pub(crate) frozen: bool,

    /// Overrides a cargo configuration value
    #[arg(long, value_name = "KEY=VALUE|PATH")]
    pub(crate) config: Vec<String>,

    /// Unstable cargo flag
    #[arg(short = 'Z', value_name = "FLAG")]
    pub(crate) unstable: Vec<String>,

    /// Verbose cargo output; -vv is more verbose
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Args {
    /// Parses the process's arguments. Exits with code 2 and an error message if they are invalid.
    pub(crate) fn read() -> Self {
        Self::parse_from(without_subcommand(std::env::args_os()))
    }

    pub(crate) fn complete(shell: Shell) {
        clap_complete::generate(shell, &mut Self::command(), "cargo-hmr", &mut std::io::stdout());
    }
}

/// Cargo calls `cargo-hmr hmr …` for `cargo hmr …`.
fn without_subcommand(args: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    args.enumerate().filter(|(at, arg)| *at != 1 || arg != "hmr").map(|(_, arg)| arg)
}

impl Cargo {
    /// Options for `cargo build`, except those that choose the target.
    pub(crate) fn options(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        let flags = [
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--release", self.release),
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--frozen", self.frozen),
        ];
        options.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| (*flag).into()));
        let mut push = |name: &str, value: OsString| options.extend([name.into(), value]);
        for (name, value) in [
            ("--package", &self.package),
            ("--profile", &self.profile),
            ("--target", &self.target),
            ("--jobs", &self.jobs),
        ] {
            if let Some(value) = value {
                push(name, value.into());
            }
        }
        if let Some(folder) = &self.target_dir {
            push("--target-dir", folder.into());
        }
        self.features.iter().for_each(|features| push("--features", features.into()));
        self.unstable.iter().for_each(|flag| push("-Z", flag.into()));
        options.extend(self.common());
        options.extend((0..self.verbose).map(|_| "-v".into()));
        options
    }

    /// Options for every cargo command.
    pub(crate) fn common(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        if let Some(path) = &self.manifest_path {
            options.extend(["--manifest-path".into(), path.into()]);
        }
        for value in &self.config {
            options.extend(["--config".into(), value.into()]);
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        let words = ["cargo-hmr", "hmr"].into_iter().chain(line.split_whitespace()).map(OsString::from);
        Args::try_parse_from(without_subcommand(words)).unwrap()
    }

    #[test]
    fn cargos_options_go_to_cargo_and_the_apps_to_the_app() {
        let cases = [
            ("", "", ""),
            ("-p app --bin x -F a,b", "--package app --features a,b", ""),
            ("--example site --release -vv -- --port 1", "--release -v -v", "--port 1"),
            (
                "--manifest-path m/Cargo.toml --target-dir t --locked --config k=1 -Z unstable",
                "--locked --target-dir t -Z unstable --manifest-path m/Cargo.toml --config k=1",
                "",
            ),
            ("--watch a --ignore b --listen 127.0.0.1:3000 -- hmr", "", "hmr"),
        ];
        for (line, cargo, app) in cases {
            let args = args(line);
            let words = |words: &[OsString]| words.join(" ".as_ref()).into_string().unwrap();
            assert_eq!(
                (words(&args.cargo.options()), words(&args.app)),
                (cargo.into(), app.into()),
                "{line}"
            );
        }
    }

    #[test]
    fn a_bad_option_is_refused() {
        for line in ["--listen 3000", "--bin a --example b", "--release --profile dev", "stray"] {
            let words = ["cargo-hmr"].into_iter().chain(line.split_whitespace());
            assert_eq!(Args::try_parse_from(words).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
