//! Checks the imports of `src/`: no circle between files, and no import from a lower room to a higher one.
//!
//! `rooms.rs` has the one list of rooms. The rooms and their imports are drawn in `docs/architecture.md`;
//! `UPDATE_ROOMS=1 cargo test --test structure` draws them again.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cases;
mod graph;
mod imports;
mod known;
mod rooms;
mod source;

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use graph::circles;
use imports::Imports;
use rooms::{ROOMS, Room, faults, names, picture};
use source::{Crates, Files};

/// The library, as programs import it.
const LIBRARY: &str = "tower_hot_middleware";

/// The lines of the document around the picture.
const BEGIN: &str = "<!-- rooms: drawn by tests/structure -->\n```text\n";
const END: &str = "\n```\n<!-- end of rooms -->";

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(package()).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn read_house() -> (Crates, Imports) {
    let mut files = Files::new();
    collect(&package().join("src"), &mut files);
    let crates = Crates::read(&files);
    let imports = Imports::of(&crates, LIBRARY);
    (crates, imports)
}

fn files(crates: &Crates) -> impl Iterator<Item = &str> {
    crates.modules.values().map(|module| module.file.as_str()).collect::<BTreeSet<_>>().into_iter()
}

fn circles_of(imports: &Imports) -> Vec<Vec<&str>> {
    circles(imports.used.keys().map(|(from, to)| (from.as_str(), to.as_str())))
}

/// Returns the rooms, with the present places of files that have yet to move into them.
fn rooms_of_today() -> Vec<Room> {
    let moving = known::MOVING.iter().map(|(room, paths)| Room { name: room, paths });
    ROOMS
        .iter()
        .map(|room| {
            let more =
                moving.clone().filter(|moving| moving.name == room.name).flat_map(|moving| moving.paths);
            let paths: Vec<&str> = room.paths.iter().chain(more).copied().collect();
            Room { name: room.name, paths: paths.leak() }
        })
        .collect()
}

/// An app without a subscriber would not show an event of `tracing`.
#[test]
fn problems_are_reported_by_notice_alone() {
    let mut files = Files::new();
    collect(&package().join("src"), &mut files);
    let lines = files.iter().filter(|(file, _)| *file != "src/notice.rs").flat_map(|(file, text)| {
        let is_report = |line: &&str| line.contains("tracing::warn!") || line.contains("tracing::error!");
        text.lines().filter(is_report).map(move |line| format!("{file}: {}", line.trim()))
    });
    assert_eq!(lines.collect::<Vec<_>>(), [] as [&str; 0], "use the macros of src/notice.rs");
}

#[test]
fn no_file_imports_in_a_circle() {
    let (_, imports) = read_house();
    let found = circles_of(&imports);
    let mut report = String::new();
    for circle in &found {
        writeln!(report, "{circle:?}:").unwrap();
        for (from, to) in imports.used.keys() {
            if circle.contains(&from.as_str()) && circle.contains(&to.as_str()) {
                writeln!(report, "  {from} -> {to}: {}", names(&imports.used, from, to)).unwrap();
            }
        }
    }
    assert_eq!(found, known::CIRCLES, "the circles differ from those in known.rs:\n{report}");
}

#[test]
fn no_room_imports_from_one_above() {
    let (crates, imports) = read_house();
    let found = faults(&rooms_of_today(), files(&crates), &imports);
    let mut report = String::new();
    for (from, to) in &found.upward {
        let names = [&imports.used, &imports.reexported].map(|edges| names(edges, from, to)).join(" ");
        writeln!(report, "(\"{from}\", \"{to}\"), // {names}").unwrap();
    }
    assert_eq!(found.homeless, BTreeSet::new(), "these files belong to no room of rooms.rs");
    let known: Vec<_> =
        known::UPWARD.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    assert_eq!(found.upward, known, "the upward imports differ from those in known.rs:\n{report}");
}

#[test]
fn no_empty_place_is_listed() {
    let (crates, _) = read_house();
    for (room, paths) in known::MOVING {
        assert!(ROOMS.iter().any(|known| known.name == *room), "{room} is not a room of rooms.rs");
        for path in *paths {
            assert!(
                files(&crates).any(|file| file.starts_with(path)),
                "known.rs: no file is at {path} any more"
            );
        }
    }
}

#[test]
fn the_document_shows_the_rooms_as_they_are() {
    let (crates, imports) = read_house();
    let drawn = picture(&rooms_of_today(), files(&crates), &imports);
    println!("{drawn}");
    let path = package().join("docs/architecture.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("docs/architecture.md has a place for the rooms");
    let (shown, after) = rest.split_once(END).expect("the place for the rooms has an end");
    if std::env::var_os("UPDATE_ROOMS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{drawn}{END}{after}")).unwrap();
    } else {
        assert_eq!(shown, drawn, "draw the rooms again: UPDATE_ROOMS=1 cargo test --test structure");
    }
}
