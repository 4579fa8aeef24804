//! Saves, as editors and tools make them.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
};

use super::*;

/// `style.css` with `old` in it, about to become `new`.
fn site() -> Dir {
    let dir = Dir::new();
    dir.write("style.css", "old");
    dir
}

/// A save of `style.css`.
#[cfg(target_os = "linux")]
type Save = fn(&Dir);

#[cfg(target_os = "linux")]
static SAVES: [(&str, Save); 18] = [
    ("truncate and write", |dir| dir.write("style.css", "new")),
    ("overwrite in place", |dir| {
        let mut file = File::options().write(true).open(dir.path().join("style.css")).unwrap();
        file.write_all(b"new").unwrap();
    }),
    ("in many writes", |dir| {
        let mut file = File::create(dir.path().join("style.css")).unwrap();
        for byte in *b"new" {
            file.write_all(&[byte]).unwrap();
            file.sync_all().unwrap();
        }
    }),
    ("write, then cut off", |dir| {
        let mut file = File::options().write(true).open(dir.path().join("style.css")).unwrap();
        file.write_all(b"new and more").unwrap();
        file.set_len(3).unwrap();
    }),
    ("back and forth", |dir| {
        let mut file = File::options().write(true).open(dir.path().join("style.css")).unwrap();
        file.write_all(b"xxw").unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(b"ne").unwrap();
    }),
    ("write aside and rename", |dir| {
        dir.write("style.css.tmp.123", "new");
        dir.rename("style.css.tmp.123", "style.css");
    }),
    ("rename from outside", |dir| {
        let outside = Dir::new();
        outside.write("x", "new");
        fs::rename(outside.path().join("x"), dir.path().join("style.css")).unwrap();
    }),
    ("vim with a backup by rename", |dir| {
        dir.write(".style.css.swp", "swap");
        dir.write("4913", "");
        dir.remove("4913");
        dir.rename("style.css", "style.css~");
        dir.write("style.css", "new");
        dir.remove("style.css~");
        dir.remove(".style.css.swp");
    }),
    ("vim with a backup by copy", |dir| {
        fs::copy(dir.path().join("style.css"), dir.path().join("style.css~")).unwrap();
        dir.write("style.css", "new");
        dir.remove("style.css~");
    }),
    ("emacs with a backup by rename", |dir| {
        dir.link("me@host.123:456", ".#style.css");
        dir.write("#style.css#", "ne");
        dir.rename("style.css", "style.css~");
        dir.write("style.css", "new");
        dir.remove("#style.css#");
        dir.remove(".#style.css");
    }),
    ("emacs with a backup by copy", |dir| {
        dir.link("me@host.123:456", ".#style.css");
        fs::copy(dir.path().join("style.css"), dir.path().join("style.css~")).unwrap();
        dir.write("style.css", "new");
        dir.remove(".#style.css");
    }),
    ("VS Code's atomic way", |dir| {
        dir.write("style.css.vsctmp", "new");
        dir.rename("style.css.vsctmp", "style.css");
    }),
    ("JetBrains", |dir| {
        dir.write("style.css___jb_tmp___", "new");
        dir.rename("style.css", "style.css___jb_old___");
        dir.rename("style.css___jb_tmp___", "style.css");
        dir.remove("style.css___jb_old___");
    }),
    ("GNOME", |dir| {
        dir.write(".goutputstream-A1B2C3", "new");
        dir.rename(".goutputstream-A1B2C3", "style.css");
    }),
    ("sed -i", |dir| run(dir.path(), "sed", &["-i", "s/old/new/", "style.css"])),
    ("delete and make again", |dir| {
        dir.remove("style.css");
        dir.write("style.css", "new");
    }),
    ("close empty, then write", |dir| {
        dir.write("style.css", "");
        dir.write("style.css", "new");
    }),
    ("a hard link in its place", |dir| {
        dir.write("other~", "new");
        dir.remove("style.css");
        fs::hard_link(dir.path().join("other~"), dir.path().join("style.css")).unwrap();
    }),
];

#[cfg(target_os = "linux")]
#[test]
fn a_save_is_one_build_with_the_new_content_however_it_is_done() {
    for (case, save) in SAVES {
        let dir = site();
        let mut live = Live::serving(&dir);
        if !is_swift(|| save(&dir)) {
            live.settled();
            continue;
        }
        let build = live.build();
        assert_eq!(ids(&build), ["/style.css"], "{case}");
        let change = &build.changes[0];
        assert_eq!(change.version, Some(version("new")), "{case}");
        assert_eq!(change.text.as_deref(), Some("new"), "{case}");
        assert_eq!(build.modules, live.modules, "{case}");
        live.builds_nothing_else(&dir);
        assert_eq!(live.ids(), [&format!("/{SENTINEL}"), "/style.css"], "{case}");
    }
}

#[test]
fn a_save_that_changes_nothing_builds_nothing() {
    let dir = site();
    let mut live = Live::serving(&dir);
    dir.write("style.css", "old");
    live.builds_nothing_else(&dir);
    dir.write("style.css~", "backup");
    dir.write("aside~", "old");
    dir.rename("aside~", "style.css");
    live.builds_nothing_else(&dir);
    if is_swift(|| {
        dir.rename("style.css", "style.css~");
        dir.write("style.css", "old");
    }) {
        live.builds_nothing_else(&dir);
    }
    live.until("/style.css", "old");
}

#[test]
fn attributes_and_readers_are_passed_over() {
    let dir = site();
    let mut live = Live::serving(&dir);
    let path = dir.path().join("style.css");
    fs::read(&path).unwrap();
    let file = File::open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let mut permissions = file.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    fs::read_dir(dir.path()).unwrap().for_each(drop);
    live.says_nothing_else(&dir);
}

#[test]
fn files_come_grow_and_go() {
    let dir = site();
    let mut live = Live::serving(&dir);
    dir.write("new.js", "one");
    live.until("/new.js", "one");
    let mut file = File::options().append(true).open(dir.path().join("new.js")).unwrap();
    file.write_all(b" two").unwrap();
    drop(file);
    live.until("/new.js", "one two");
    dir.remove("new.js");
    assert_eq!(live.changes(), ["-/new.js"]);
    dir.write("empty.js", "");
    live.until("/empty.js", "");
    dir.write("style.css", "");
    live.until("/style.css", "");
    dir.rename("style.css", "main.css");
    live.settled();
    assert_eq!(live.ids(), ["/empty.js", "/main.css"]);
}

#[test]
fn the_first_name_of_a_file_that_is_renamed_at_once_is_never_published() {
    let dir = site();
    let mut live = Live::serving(&dir);
    let swift = is_swift(|| {
        dir.write("first", "new");
        dir.rename("first", "second");
        dir.write("third", "");
        dir.remove("third");
    });
    if swift {
        assert_eq!(live.changes(), ["/second"]);
        live.builds_nothing_else(&dir);
    }
    live.settled();
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_write_holds_nothing_back_and_is_read_when_it_is_closed() {
    let dir = site();
    let mut live = Live::serving(&dir);
    let mut file = File::create(dir.path().join("style.css")).unwrap();
    file.write_all(b"n").unwrap();
    for n in 0..3 {
        dir.write("other.js", n.to_string());
        assert_eq!(live.changes(), ["/other.js"], "the half-written file is not in it");
        file.write_all(b"e").unwrap();
    }
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    file.write_all(b"new").unwrap();
    live.says_nothing_else(&dir);
    drop(file);
    let build = live.build();
    assert_eq!(ids(&build), ["/style.css"]);
    assert_eq!(build.changes[0].version, Some(version("new")));
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_write_that_ends_as_it_began_is_no_change() {
    let dir = site();
    let mut live = Live::serving(&dir);
    let mut file = File::options().write(true).open(dir.path().join("style.css")).unwrap();
    file.write_all(b"new").unwrap();
    live.says_nothing_else(&dir);
    file.rewind().unwrap();
    file.write_all(b"old").unwrap();
    drop(file);
    live.says_nothing_else(&dir);
}

#[test]
fn a_file_that_is_missing_for_a_moment_is_not_removed() {
    let dir = site();
    let mut live = Live::serving(&dir);
    dir.remove("style.css");
    // Announced at once, while the file still counts as it was.
    if live.next() == Published::Building("./style.css".to_owned()) {
        dir.write("style.css", "old");
    }
    let mut published = live.next();
    if matches!(published, Published::Built(_)) {
        // This machine stood still for longer than the grace.
        live.until("/style.css", "old");
        return;
    }
    assert_eq!(published, Published::Unchanged);
    dir.write("style.css", "new");
    published = live.next();
    assert!(matches!(published, Published::Building(_)));
    assert_eq!(live.changes(), ["/style.css"]);
}
