//! The client for bundles of projects without the npm package: the crate's own copy.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Files of the package that a bundle's client imports, by path.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../client-js/", $name)))),*];
    };
}

files![
    "bundle/client.js",
    "bundle/downloads.js",
    "bundle/identity.js",
    "bundle/messages.js",
    "bundle/options.js",
    "bundle/reporter.js",
    "bundle/start.js",
    "bundle/stream.js",
    "bundle/updates.js",
    "overlay/ansi.js",
    "overlay/code-frame.js",
    "overlay/controller.js",
    "overlay/host.js",
    "overlay/log.js",
    "overlay/mapped-errors.js",
    "overlay/overlay.js",
    "overlay/problem-store.js",
    "overlay/problem.js",
    "overlay/runtime-errors.js",
    "overlay/source-map.js",
    "overlay/source-maps.js",
    "overlay/stack.js",
    "overlay/style.js",
    "package.json",
    "stream/connection.js",
    "stream/network.js",
    "stream/text.js",
    "stream/time-limit.js",
    "stream/url.js",
    "update/dom.js",
    "update/reload.js",
];

/// Writes the client into the project's `node_modules/.cache`, and returns the path of its entry module. A file with the
/// same text is not written again, as a bundler would rebuild for it.
pub(super) fn write(dir: &Path) -> io::Result<PathBuf> {
    let packages = dir.ancestors().map(|folder| folder.join("node_modules")).find(|folder| folder.is_dir());
    let packages = packages.unwrap_or_else(|| dir.join("node_modules"));
    let folder = packages.join(".cache/tower-hot-middleware");
    for (name, text) in FILES {
        let path = folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
    }
    Ok(folder.join("bundle/client.js"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    #[test]
    fn the_files_include_all_imports() {
        let mut imports = 0;
        for (name, text) in FILES {
            let named = [" from '", "webpackMode: \"eager\" */ '"].map(|start| text.split(start).skip(1));
            for import in named.into_iter().flatten().filter_map(|rest| rest.split('\'').next()) {
                let folder = Path::new(name).parent().unwrap();
                let wanted = import.split('/').fold(folder.to_owned(), |path, part| match part {
                    "." => path,
                    ".." => path.parent().unwrap().to_owned(),
                    part => path.join(part),
                });
                assert!(FILES.iter().any(|(name, _)| wanted == Path::new(name)), "{name} imports {import}");
                imports += 1;
            }
        }
        assert!(imports > 10, "{imports}");
    }

    #[test]
    fn it_is_written_once_into_the_nearest_node_modules() {
        let dir = Dir::new();
        dir.folder("node_modules");
        dir.folder("frontend");
        let client = write(&dir.path().join("frontend")).unwrap();
        assert_eq!(client, dir.path().join("node_modules/.cache/tower-hot-middleware/bundle/client.js"));
        let modified = || fs::metadata(&client).unwrap().modified().unwrap();
        let first = modified();
        write(&dir.path().join("frontend")).unwrap();
        assert_eq!(modified(), first);
        fs::write(&client, "of an earlier version").unwrap();
        write(&dir.path().join("frontend")).unwrap();
        assert_eq!(fs::read_to_string(&client).unwrap(), include_str!("../../../client-js/bundle/client.js"));
    }
}
