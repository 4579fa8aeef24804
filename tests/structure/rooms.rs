//! The rooms of the crate, the highest first. A room imports only from rooms below it.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Edges, Imports};

/// A part of `src/`: the files and folders of one floor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) name: &'static str,
    /// A folder ends with `/`. The longest path that fits a file decides.
    pub(crate) paths: &'static [&'static str],
}

const fn room(name: &'static str, paths: &'static [&'static str]) -> Room {
    Room { name, paths }
}

/// The one list of rooms, the highest first.
pub(crate) const ROOMS: [Room; 28] = [
    room("crate", &["src/lib.rs"]),
    room("runner", &["src/bin/cargo-hmr/"]),
    room("source", &["src/source/"]),
    room("handle", &["src/handle.rs", "src/wait_for.rs"]),
    room("service", &["src/service.rs", "src/route.rs", "src/body.rs"]),
    room("transport", &["src/transport/"]),
    room("html", &["src/html/"]),
    room("upload", &["src/upload/"]),
    room("mcp", &["src/mcp/"]),
    room("inspector", &["src/inspector/"]),
    room("shared", &["src/shared/", "src/publisher.rs"]),
    room("replicas", &["src/replicas/"]),
    room("pages", &["src/pages/"]),
    room("journal", &["src/journal/"]),
    room("terminal", &["src/terminal/"]),
    room("messages", &["src/messages/"]),
    room("console", &["src/console/"]),
    room("hub", &["src/hub/", "src/bundle/"]),
    room("wire", &["src/wire/"]),
    room("modules", &["src/modules/"]),
    room("build", &["src/build/"]),
    room("options", &["src/options/"]),
    room("editor", &["src/editor/"]),
    room("access", &["src/access/"]),
    room("client_files", &["src/client_files.rs"]),
    room("handover", &["src/handover/"]),
    room("json", &["src/json/"]),
    room(
        "base",
        &[
            "src/errors.rs",
            "src/escape.rs",
            "src/header_values.rs",
            "src/metrics.rs",
            "src/notice.rs",
            "src/plain_text.rs",
            "src/served.rs",
            "src/shutdown.rs",
            "src/signals.rs",
            "src/stop.rs",
            "src/sync.rs",
        ],
    ),
];

/// Imports that break the rule, and files without a room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// From a file to one in a higher room.
    pub(crate) upward: Vec<(String, String)>,
    pub(crate) homeless: BTreeSet<String>,
}

/// The place of a file's room in the list.
pub(crate) fn place(rooms: &[Room], file: &str) -> Option<usize> {
    let fits = |path: &&str| if path.ends_with('/') { file.starts_with(*path) } else { file == *path };
    let longest = |room: &Room| room.paths.iter().copied().filter(fits).map(str::len).max();
    let found = rooms.iter().enumerate().filter_map(|(place, room)| Some((longest(room)?, place)));
    found.max().map(|(_, place)| place)
}

fn all(imports: &Imports) -> impl Iterator<Item = &(String, String)> {
    imports.used.keys().chain(imports.reexported.keys())
}

pub(crate) fn faults<'a>(rooms: &[Room], files: impl Iterator<Item = &'a str>, imports: &Imports) -> Faults {
    let mut faults = Faults::default();
    faults.homeless.extend(files.filter(|file| place(rooms, file).is_none()).map(str::to_owned));
    for (from, to) in all(imports).collect::<BTreeSet<_>>() {
        if place(rooms, from) > place(rooms, to) {
            faults.upward.push((from.clone(), to.clone()));
        }
    }
    faults
}

/// The rooms that have files, top floor first, each with the rooms that it imports from.
pub(crate) fn picture<'a>(rooms: &[Room], files: impl Iterator<Item = &'a str>, imports: &Imports) -> String {
    let mut below: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for place in files.filter_map(|file| place(rooms, file)) {
        below.entry(place).or_default();
    }
    for (from, to) in all(imports) {
        if let (Some(from), Some(to)) = (place(rooms, from), place(rooms, to)) {
            if from != to {
                below.entry(from).or_default().insert(to);
            }
        }
    }
    let width = rooms.iter().map(|room| room.name.len()).max().unwrap_or(0);
    let line = |(from, to): (usize, BTreeSet<usize>)| {
        let name = |place: usize| {
            let arrow = if place < from { "↑" } else { "" };
            format!("{arrow}{}", rooms[place].name)
        };
        let names: Vec<_> = to.into_iter().map(name).collect();
        format!("{:width$} ─▶ {}", rooms[from].name, names.join(", "))
            .trim_end_matches(" ─▶ ")
            .trim_end()
            .to_owned()
    };
    below.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The names behind an edge, for the message of a failed test.
pub(crate) fn names(edges: &Edges, from: &str, to: &str) -> String {
    let names = edges.get(&(from.to_owned(), to.to_owned()));
    names.map(|names| names.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}
