//! Folders that come, go and move, and roots that do.

use std::fs;

use super::*;

#[test]
fn folders_made_quickly_and_filled_at_once_are_found() {
    let dir = Dir::new();
    let mut live = Live::serving(&dir);
    dir.write("a/b/c/d/e/deep.css", "1");
    live.until("/a/b/c/d/e/deep.css", "1");
    dir.write("a/b/c/d/e/deep.css", "2");
    live.until("/a/b/c/d/e/deep.css", "2");
    for n in 0..50 {
        dir.write(format!("x/{n}/y/file.css"), n.to_string());
    }
    live.settled();
    assert_eq!(live.files.len(), 51);
    dir.write("x/49/y/file.css", "new");
    live.until("/x/49/y/file.css", "new");
}

#[test]
fn renamed_folders_take_their_watches_along() {
    let dir = Dir::new();
    dir.write("old/sub/a.css", "1");
    dir.write("swap/sub/a.css", "2");
    let mut live = Live::serving(&dir);
    dir.rename("old", "new");
    live.settled();
    assert_eq!(live.ids(), ["/new/sub/a.css", "/swap/sub/a.css"]);
    dir.write("new/sub/a.css", "3");
    live.until("/new/sub/a.css", "3");
    // The old name is free for another.
    dir.write("old/sub/a.css", "4");
    live.until("/old/sub/a.css", "4");
    // Two change places.
    dir.rename("old", "between");
    dir.rename("swap", "old");
    dir.rename("between", "swap");
    live.until("/old/sub/a.css", "2");
    live.until("/swap/sub/a.css", "4");
    dir.write("old/sub/a.css", "5");
    live.until("/old/sub/a.css", "5");
    dir.write("swap/sub/a.css", "6");
    live.until("/swap/sub/a.css", "6");
    live.settled();
}

#[test]
fn folders_moved_out_are_let_go_and_those_moved_in_are_taken_in() {
    let (dir, outside) = (Dir::new(), Dir::new());
    dir.write("inner/a.css", "1");
    outside.write("outer/sub/b.css", "1");
    let mut live = Live::serving(&dir);
    fs::rename(outside.path().join("outer"), dir.path().join("outer")).unwrap();
    live.until("/outer/sub/b.css", "1");
    dir.write("outer/sub/b.css", "2");
    live.until("/outer/sub/b.css", "2");
    fs::rename(dir.path().join("inner"), outside.path().join("inner")).unwrap();
    live.settled();
    assert_eq!(live.ids(), ["/outer/sub/b.css"]);
    outside.write("inner/a.css", "2");
    outside.write("inner/c.css", "2");
    live.says_nothing_else(&dir);
}

#[test]
fn removed_folders_may_come_again() {
    let dir = Dir::new();
    dir.write("a/b/c.css", "1");
    let mut live = Live::serving(&dir);
    for n in 2..6 {
        dir.remove_folder("a");
        dir.write("a/b/c.css", n.to_string());
        live.until("/a/b/c.css", &n.to_string());
        dir.write("a/b/c.css", "again");
        live.until("/a/b/c.css", "again");
    }
}

#[test]
fn a_file_and_a_folder_may_take_each_others_place() {
    let dir = Dir::new();
    dir.write("x", "file");
    let mut live = Live::serving(&dir);
    dir.remove("x");
    dir.write("x/y", "inside");
    live.settled();
    assert_eq!(live.ids(), ["/x/y"]);
    dir.remove_folder("x");
    dir.write("x", "file again");
    live.settled();
    assert_eq!(live.ids(), ["/x"]);
}

#[test]
fn a_missing_root_is_watched_when_it_is_made() {
    let (dir, outside) = (Dir::new(), Dir::new());
    let site = dir.path().join("a/b/site");
    let watch = Watch::new().files("/", &site).files("/icon.svg", dir.path().join("icons/blue.svg"));
    let mut live = Live::of(watch.reload(dir.path().join("templates")));
    assert!(live.files.is_empty());
    dir.write("a/b/site/css/a.css", "1");
    live.until("/css/a.css", "1");
    dir.write("a/b/site/css/a.css", "2");
    live.until("/css/a.css", "2");
    dir.write("icons/blue.svg", "1");
    live.until("/icon.svg", "1");
    // A whole folder at once, with a parent that was there.
    outside.write("made/index.html", "1");
    fs::rename(outside.path().join("made"), dir.path().join("templates")).unwrap();
    live.until("./templates/index.html", "1");
    // Its parents go and come back.
    dir.remove_folder("a");
    assert_eq!(live.changes(), ["-/css/a.css"]);
    dir.write("a/b/site/css/a.css", "3");
    live.until("/css/a.css", "3");
    dir.write("a/b/site/css/a.css", "4");
    live.until("/css/a.css", "4");
    live.settled();
}

#[test]
fn a_root_may_be_removed_and_made_again() {
    let dir = Dir::new();
    dir.write("site/css/a.css", "1");
    let root = dir.path().join("site");
    let mut live = Live::of(Watch::new().files("/", &root));
    dir.remove_folder("site");
    assert_eq!(live.changes(), ["-/css/a.css"]);
    dir.write("site/css/a.css", "2");
    live.until("/css/a.css", "2");
    dir.write("site/css/a.css", "3");
    live.until("/css/a.css", "3");
}

#[test]
fn a_root_may_be_replaced_by_another_folder() {
    let dir = Dir::new();
    dir.write("site/a.css", "1");
    dir.write("next/a.css", "2");
    dir.write("next/b.css", "2");
    let mut live = Live::of(Watch::new().files("/", dir.path().join("site")));
    dir.rename("site", "last");
    dir.rename("next", "site");
    live.until("/a.css", "2");
    live.settled();
    dir.write("last/a.css", "no longer watched");
    dir.write("site/b.css", "3");
    live.until("/b.css", "3");
    live.settled();
    assert_eq!(live.ids(), ["/a.css", "/b.css"]);
}

#[test]
fn a_folder_above_a_root_may_be_replaced() {
    let dir = Dir::new();
    dir.write("project/site/a.css", "1");
    dir.write("other/site/a.css", "2");
    let mut live = Live::of(Watch::new().files("/", dir.path().join("project/site")));
    dir.rename("project", "gone");
    dir.rename("other", "project");
    live.until("/a.css", "2");
    dir.write("project/site/a.css", "3");
    live.until("/a.css", "3");
}

#[test]
fn a_file_may_be_a_root() {
    let dir = Dir::new();
    dir.write("icons/blue.ico", "1");
    dir.write("icons/red.ico", "1");
    let watch = Watch::new().files("/favicon.ico", dir.path().join("icons/blue.ico"));
    let mut live = Live::of(watch.reload(dir.path().join("icons/red.ico")));
    assert_eq!(live.ids(), ["./red.ico", "/favicon.ico"]);
    dir.write("icons/other.ico", "is not watched");
    dir.write("icons/blue.ico", "2");
    assert_eq!(live.changes(), ["/favicon.ico"]);
    dir.write("icons/new.ico", "3");
    dir.rename("icons/new.ico", "icons/red.ico");
    assert_eq!(live.changes(), ["./red.ico"]);
    dir.remove_folder("icons");
    while !live.files.is_empty() {
        live.build();
    }
    dir.write("icons/blue.ico", "4");
    live.until("/favicon.ico", "4");
    dir.write("icons/blue.ico", "5");
    live.until("/favicon.ico", "5");
}

#[test]
fn roots_may_share_folders() {
    let dir = Dir::new();
    dir.write("static/a.css", "1");
    dir.write("static/assets/b.css", "1");
    let (all, assets) = (dir.path().join("static"), dir.path().join("static/assets"));
    let watch = Watch::new().files("/", &all).files("/again", &all).files("/cdn", &assets).reload(&assets);
    let mut live = Live::of(watch);
    let ids =
        ["./assets/b.css", "/a.css", "/again/a.css", "/again/assets/b.css", "/assets/b.css", "/cdn/b.css"];
    assert_eq!(live.ids(), ids);
    dir.write("static/assets/b.css", "2");
    for id in ids.iter().filter(|id| id.ends_with("b.css")) {
        live.until(id, "2");
    }
    dir.write("static/a.css", "2");
    for id in ["/a.css", "/again/a.css"] {
        live.until(id, "2");
    }
    live.settled();
}

#[test]
fn names_of_every_kind_are_urls() {
    let dir = Dir::new();
    let mut live = Live::serving(&dir);
    let cases = [
        ("a b.css", "/a%20b.css"),
        ("100%.css", "/100%25.css"),
        ("what#now.js", "/what%23now.js"),
        ("it's.js", "/it's.js"),
        ("grün 🎉/ö.css", "/gr%C3%BCn%20%F0%9F%8E%89/%C3%B6.css"),
        #[cfg(unix)]
        ("what?.js", "/what%3F.js"),
        #[cfg(unix)]
        ("\"quoted\".js", "/%22quoted%22.js"),
        #[cfg(unix)]
        ("line\nbreak.css", "/line%0Abreak.css"),
        #[cfg(unix)]
        ("back\\slash.css", "/back%5Cslash.css"),
    ];
    for (name, id) in cases {
        for content in ["1", "2"] {
            dir.write(name, content);
            live.until(id, content);
        }
    }
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.css");
        for content in ["1", "2"] {
            dir.write(name, content);
            live.until("/caf%E9.css", content);
        }
    }
    live.settled();
}
