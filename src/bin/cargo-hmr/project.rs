//! The binary to build and run, chosen as in `cargo run`, and the settings in Cargo.toml.

use std::{
    env,
    ffi::OsString,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_config2::EnvConfigValue;
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use serde::Deserialize;

use crate::args::Args;

/// The binary, its package and its folders.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) package: Package,
    pub(crate) target: Target,
    pub(crate) workspace: PathBuf,
    /// Manifests and folders of the workspace's packages.
    pub(crate) packages: Vec<PathBuf>,
    pub(crate) target_dir: PathBuf,
    pub(crate) settings: Settings,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) is_example: bool,
}

/// `[package.metadata.hmr]`, or `[workspace.metadata.hmr]` where the package has none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(default)]
    pub(crate) watch: Vec<PathBuf>,
    #[serde(default)]
    pub(crate) ignore: Vec<String>,
    #[serde(default)]
    pub(crate) listen: Vec<SocketAddr>,
}

/// Path of cargo, which cargo passes to its subcommands.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns true if rustup has chosen the toolchain. It does so once for all that this process starts.
pub(crate) fn is_under_rustup() -> bool {
    env::var_os("RUSTUP_TOOLCHAIN").is_some()
}

/// The reason why no project could be loaded.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// Cargo can't read a manifest, as it also says when it builds.
    Cargo(String),
    /// There is no such binary, or a setting of `cargo hmr` is wrong.
    Choice(String),
}

impl From<String> for LoadError {
    fn from(text: String) -> Self {
        Self::Choice(text)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Cargo(text) | Self::Choice(text)) = self;
        f.write_str(text)
    }
}

/// The variables of `[env]` in cargo's configuration that are not set, or that it forces (The Cargo Book, "Configuration"). Cargo
/// reports a file that it can't read.
pub(crate) fn environment() -> Vec<(String, OsString)> {
    let variables = cargo_config2::Config::load().map(|config| config.env).unwrap_or_default();
    let applies = |(name, variable): &(String, EnvConfigValue)| variable.force || env::var_os(name).is_none();
    variables.into_iter().filter(applies).map(|(name, variable)| (name, variable.value)).collect()
}

impl Project {
    pub(crate) fn load(args: &Args) -> Result<Self, LoadError> {
        let metadata = metadata(args).map_err(LoadError::Cargo)?;
        let current = current_manifest(args)?;
        let candidates = candidates(&metadata, args, &current)?;
        let (package, target) = choose(&candidates, args)?;
        let settings = settings(&package.metadata)?
            .map_or_else(|| settings(&metadata.workspace_metadata), |found| Ok(Some(found)))?;
        Ok(Self {
            package: package.clone(),
            target,
            workspace: metadata.workspace_root.clone().into(),
            packages: metadata
                .packages
                .iter()
                .filter_map(|package| package.manifest_path.parent())
                .map(Into::into)
                .collect(),
            target_dir: metadata.target_directory.clone().into(),
            settings: settings.unwrap_or_default(),
        })
    }

    /// The package as an argument of `--package`: with its folder, as a dependency may have its name, and without its version,
    /// which may change.
    pub(crate) fn spec(&self) -> String {
        let id = &self.package.id.repr;
        format!("{}#{}", id.split_once('#').map_or(id.as_str(), |(folder, _)| folder), self.package.name)
    }

    /// The folder of the package's Cargo.toml.
    pub(crate) fn folder(&self) -> &Path {
        self.package.manifest_path.parent().map_or_else(|| Path::new("."), |folder| folder.as_std_path())
    }
}

fn metadata(args: &Args) -> Result<Metadata, String> {
    let mut command = MetadataCommand::new();
    command.cargo_path(cargo()).no_deps();
    let mut options: Vec<String> =
        args.cargo.common().into_iter().map(|option| option.to_string_lossy().into_owned()).collect();
    if let Some(folder) = &args.cargo.target_dir {
        options
            .extend(["--config".to_owned(), format!("build.target-dir={:?}", folder.display().to_string())]);
    }
    command.other_options(options);
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            stderr.trim().trim_start_matches("error: ").to_owned()
        }
        error => format!("failed to read cargo metadata: {error}"),
    })
}

/// Path of the manifest that cargo uses.
fn current_manifest(args: &Args) -> Result<PathBuf, String> {
    if let Some(path) = &args.cargo.manifest_path {
        return path.canonicalize().map_err(|error| format!("{}: {error}", path.display()));
    }
    let output = Command::new(cargo()).args(["locate-project", "--message-format", "plain"]).output();
    let output = output.map_err(|error| {
        format!("failed to start {:?}: {error}; install cargo, or put it on the PATH", cargo())
    })?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(path.canonicalize().unwrap_or(path))
}

/// Packages whose binaries may be chosen.
fn candidates<'a>(metadata: &'a Metadata, args: &Args, current: &Path) -> Result<Vec<&'a Package>, String> {
    if let Some(spec) = &args.cargo.package {
        let name = spec.rsplit(['/', '#']).next().unwrap_or(spec).split('@').next().unwrap_or(spec);
        let found: Vec<_> =
            metadata.packages.iter().filter(|package| package.name.as_str() == name).collect();
        if found.is_empty() {
            let names: Vec<_> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
            return Err(format!("no package {spec:?} in this workspace; it has {}", names.join(", ")));
        }
        return Ok(found);
    }
    let is_current = |package: &&Package| {
        // A link in `--manifest-path` stays in cargo's answer.
        package.manifest_path.canonicalize().is_ok_and(|path| path == current)
    };
    if let Some(package) = metadata.packages.iter().find(is_current) {
        return Ok(vec![package]);
    }
    let members = metadata.workspace_default_packages();
    Ok(members)
}

fn choose<'a>(candidates: &[&'a Package], args: &Args) -> Result<(&'a Package, Target), String> {
    let (wanted, is_example) = match (&args.cargo.bin, &args.cargo.example) {
        (Some(name), _) => (Some(name), false),
        (None, Some(name)) => (Some(name), true),
        (None, None) => (None, false),
    };
    let kind = if is_example { TargetKind::Example } else { TargetKind::Bin };
    let all: Vec<_> = candidates
        .iter()
        .flat_map(|package| package.targets.iter().map(move |target| (*package, target)))
        .filter(|(_, target)| target.kind.contains(&kind))
        .collect();
    let what = if is_example { "example" } else { "bin" };
    let names = || all.iter().map(|(_, target)| target.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut defaults = candidates.iter().filter_map(|package| package.default_run.as_deref());
    let default = defaults.next().filter(|_| defaults.next().is_none());
    let found = match (wanted, default, all.as_slice()) {
        (Some(name), ..) => all
            .iter()
            .find(|(_, target)| target.name == *name)
            .ok_or_else(|| format!("no {what} target named {name:?}; there are: {}", names()))?,
        (None, Some(name), _) => all
            .iter()
            .find(|(_, target)| target.name == name)
            .ok_or_else(|| format!("`default-run` is {name:?}, not a binary; there are: {}", names()))?,
        (None, None, [one]) => one,
        (None, None, []) => return Err("a bin target must be available, or give --example".to_owned()),
        (None, None, _) => {
            return Err(format!(
                "which binary to run is not clear: use --bin, or the manifest's key `default-run`; there are: {}",
                names()
            ));
        }
    };
    Ok((found.0, Target { name: found.1.name.clone(), is_example }))
}

fn settings(metadata: &serde_json::Value) -> Result<Option<Settings>, String> {
    let Some(value) = metadata.get("hmr") else { return Ok(None) };
    let settings = Settings::deserialize(value);
    settings.map(Some).map_err(|error| {
        format!(
            "`metadata.hmr` in Cargo.toml: {error}; it may have `watch`, `ignore` and `listen`, each a list"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_mistakes_named() {
        let value = serde_json::json!({ "hmr": { "watch": ["data"], "listen": ["127.0.0.1:3000"] } });
        let read = settings(&value).unwrap().unwrap();
        assert_eq!((read.watch.len(), read.ignore.len(), read.listen[0].port()), (1, 0, 3000));
        assert!(settings(&serde_json::Value::Null).unwrap().is_none());
        for (wrong, part) in [
            (serde_json::json!({ "hmr": { "wach": [] } }), "wach"),
            (serde_json::json!({ "hmr": { "listen": ["3000"] } }), "socket address"),
            (serde_json::json!({ "hmr": { "ignore": "x" } }), "ignore"),
        ] {
            let error = settings(&wrong).unwrap_err();
            assert!(error.contains(part) && error.contains("each a list"), "{error}");
        }
    }
}
