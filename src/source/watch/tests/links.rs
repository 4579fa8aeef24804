//! Symbolic links, hard links, and what only looks like a file.

use std::{
    fs::{self, File},
    io::Write,
};

use super::*;

#[test]
fn a_link_to_a_file_changes_with_it() {
    let (dir, outside) = (Dir::new(), Dir::new());
    outside.write("deep/real.css", "1");
    outside.link("deep/real.css", "second.css");
    dir.link(outside.path().join("second.css"), "link.css");
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/link.css"]);
    outside.write("deep/real.css", "2");
    live.until("/link.css", "2");
    outside.write("deep/aside", "3");
    outside.rename("deep/aside", "deep/real.css");
    live.until("/link.css", "3");
    // A link on the way leads elsewhere.
    outside.write("other.css", "4");
    outside.link("other.css", "new");
    outside.rename("new", "second.css");
    live.until("/link.css", "4");
    outside.write("other.css", "5");
    live.until("/link.css", "5");
    // The link itself does.
    dir.write("inside.css", "6");
    dir.link("inside.css", "new.css");
    dir.rename("new.css", "link.css");
    live.until("/link.css", "6");
    outside.write("other.css", "no longer of interest");
    dir.write("inside.css", "7");
    live.until("/link.css", "7");
    live.settled();
    assert_eq!(live.ids(), ["/inside.css", "/link.css"]);
}

#[test]
fn a_link_that_leads_nowhere_waits_for_its_file() {
    let (dir, outside) = (Dir::new(), Dir::new());
    dir.link(outside.path().join("later.css"), "link.css");
    let mut live = Live::serving(&dir);
    assert!(live.files.is_empty());
    outside.write("later.css", "1");
    live.until("/link.css", "1");
    outside.remove("later.css");
    assert_eq!(live.changes(), ["-/link.css"]);
    outside.write("later.css", "2");
    live.until("/link.css", "2");
}

#[test]
fn a_link_to_a_folder_is_one_more_place_for_it() {
    let (dir, outside) = (Dir::new(), Dir::new());
    outside.write("lib/sub/a.css", "1");
    outside.write("other/sub/a.css", "other");
    dir.write("own/b.css", "1");
    dir.link(outside.path().join("lib"), "lib");
    dir.link("own", "again");
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/again/b.css", "/lib/sub/a.css", "/own/b.css"]);
    outside.write("lib/sub/a.css", "2");
    live.until("/lib/sub/a.css", "2");
    dir.write("own/b.css", "2");
    live.until("/own/b.css", "2");
    live.until("/again/b.css", "2");
    outside.write("lib/new/c.css", "1");
    live.until("/lib/new/c.css", "1");
    // The link leads to another folder.
    dir.link(outside.path().join("other"), "new");
    dir.rename("new", "lib");
    live.until("/lib/sub/a.css", "other");
    live.settled();
    outside.write("lib/sub/a.css", "no longer of interest");
    outside.write("other/sub/a.css", "3");
    live.until("/lib/sub/a.css", "3");
    // Its folder is removed and made again.
    fs::remove_dir_all(outside.path().join("other")).unwrap();
    while live.files.contains_key("/lib/sub/a.css") {
        live.build();
    }
    outside.write("other/sub/a.css", "4");
    live.until("/lib/sub/a.css", "4");
    outside.write("other/sub/a.css", "5");
    live.until("/lib/sub/a.css", "5");
    // One place goes, the other stays.
    dir.remove("again");
    live.settled();
    dir.write("own/b.css", "3");
    live.until("/own/b.css", "3");
    live.settled();
}

#[test]
fn links_that_go_round_come_to_an_end() {
    let dir = Dir::new();
    dir.write("a/x.css", "1");
    dir.write("b/y.css", "1");
    dir.link("..", "a/up");
    dir.link(".", "a/self");
    dir.link("../b", "a/b");
    dir.link("../a", "b/a");
    dir.link("round", "round");
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/a/b/y.css", "/a/x.css", "/b/a/x.css", "/b/y.css"]);
    dir.write("a/x.css", "2");
    live.until("/a/x.css", "2");
    live.until("/b/a/x.css", "2");
    live.settled();
}

#[test]
fn a_root_may_be_a_link_that_leads_elsewhere_later() {
    let dir = Dir::new();
    dir.write("releases/1/a.css", "1");
    dir.write("releases/2/a.css", "2");
    dir.link("releases/1", "current");
    let mut live = Live::of(Watch::new().files("/", dir.path().join("current")));
    dir.write("releases/1/a.css", "1.1");
    live.until("/a.css", "1.1");
    dir.link("releases/2", "next");
    dir.rename("next", "current");
    live.until("/a.css", "2");
    dir.write("releases/2/a.css", "2.1");
    live.until("/a.css", "2.1");
    live.settled();
}

/// A release at `releases/N`, as deployment tools make them.
fn release(dir: &Dir, number: u32, content: &str) {
    dir.write(format!("releases/{number}/static/a.css"), content);
    dir.write(format!("releases/{number}/static/sub/b.css"), content);
}

/// Switches a link, in one step or as `ln -sf` does on some systems.
fn switch(dir: &Dir, target: &str, link: &str, at_once: bool) {
    if at_once {
        dir.link(target, "switching");
        dir.rename("switching", link);
    } else {
        dir.remove(link);
        dir.link(target, link);
    }
}

#[test]
fn a_link_behind_a_link_may_be_switched() {
    let dir = Dir::new();
    release(&dir, 1, "1");
    release(&dir, 2, "2");
    dir.link("releases/1", "current");
    dir.link("current/static", "public");
    dir.folder("site");
    dir.link("../public", "site/assets");
    dir.link("../current/static/a.css", "site/one.css");
    let roots = [
        ("a link in the tree", dir.path().join("site"), "/assets/a.css", "/assets/sub/b.css"),
        ("a root that is a link", dir.path().join("public"), "/a.css", "/sub/b.css"),
        ("a link above a root", dir.path().join("current/static"), "/a.css", "/sub/b.css"),
        (
            "a link in a tree with its targets",
            dir.path().to_owned(),
            "/current/static/a.css",
            "/public/sub/b.css",
        ),
    ];
    for (case, root, one, other) in roots {
        eprintln!("{case}");
        let mut live = Live::of(Watch::new().files("/", &root));
        for (number, content, at_once) in [(2, "2", true), (1, "1", false)] {
            switch(&dir, &format!("releases/{number}"), "current", at_once);
            live.until(one, content);
            live.until(other, content);
            live.settled();
            let saved = format!("releases/{number}/static/a.css");
            dir.write(&saved, "saved");
            live.until(one, "saved");
            dir.write(&saved, content);
            live.until(one, content);
        }
    }
}

/// Kubernetes updates a mounted `ConfigMap` so: names are links to `..data/NAME`, and `..data` is a link to a folder with
/// the time in its name, which is switched.
#[test]
fn a_config_map_may_be_switched() {
    let dir = Dir::new();
    dir.write("..2024_1/app.css", "1");
    dir.write("..2024_1/index.html", "1");
    dir.link("..2024_1", "..data");
    dir.link("..data/app.css", "app.css");
    dir.link("..data/index.html", "index.html");
    let mut live = Live::serving(&dir);
    for n in 2..6 {
        dir.write(format!("..2024_{n}/app.css"), n.to_string());
        dir.write(format!("..2024_{n}/index.html"), n.to_string());
        dir.link(format!("..2024_{n}"), "..data_tmp");
        dir.rename("..data_tmp", "..data");
        dir.remove_folder(format!("..2024_{}", n - 1));
        live.until("/app.css", &n.to_string());
        live.until("/index.html", &n.to_string());
    }
    live.settled();
}

#[cfg(target_os = "linux")]
#[test]
fn hard_links_are_separate_files() {
    let dir = Dir::new();
    dir.write("one.css", "1");
    let mut live = Live::serving(&dir);
    // A new name is a new file, complete as it is.
    fs::hard_link(dir.path().join("one.css"), dir.path().join("two.css")).unwrap();
    live.until("/two.css", "1");
    let mut file = File::options().write(true).open(dir.path().join("two.css")).unwrap();
    file.write_all(b"2").unwrap();
    drop(file);
    assert_eq!(live.changes(), ["/two.css"], "the name that was written to");
    dir.write("one.css", "3");
    assert_eq!(live.changes(), ["/one.css"]);
    dir.remove("one.css");
    assert_eq!(live.changes(), ["-/one.css"]);
    dir.write("two.css", "4");
    live.until("/two.css", "4");
    live.settled();
}

#[test]
fn links_out_of_the_folder_are_followed_unless_they_are_ignored() {
    let (dir, outside) = (Dir::new(), Dir::new());
    outside.write("secret.txt", "a{}");
    outside.write("package/style.css", "b{}");
    dir.link(outside.path().join("secret.txt"), "style.css");
    dir.link(outside.path().join("package"), "package");
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/package/style.css", "/style.css"]);
    outside.write("secret.txt", "c{}");
    let build = live.build();
    assert_eq!(ids(&build), ["/style.css"]);
    assert_eq!(build.changes[0].text.as_deref(), Some("c{}"), "by the name of the link");

    let watch = Watch::new().files("/", dir.path()).ignore("/style.css").ignore("/package");
    let mut live = Live::of(watch);
    assert!(live.files.is_empty());
    outside.write("secret.txt", "d{}");
    outside.write("package/style.css", "d{}");
    live.says_nothing_else(&dir);
}

#[test]
fn what_is_no_file_is_not_there_and_blocks_nothing() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    dir.write("b.css", "1");
    dir.pipe("pipe");
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/a.css", "/b.css"]);
    dir.remove("a.css");
    dir.pipe("a.css");
    assert_eq!(live.changes(), ["-/a.css"]);
    dir.remove("b.css");
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("b.css")).unwrap();
    assert_eq!(live.changes(), ["-/b.css"]);
    dir.remove("a.css");
    dir.write("a.css", "2");
    live.until("/a.css", "2");
    live.builds_nothing_else(&dir);
}

#[test]
fn a_file_that_can_not_be_read_counts_as_it_was() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let mut live = Live::serving(&dir);
    // A link to itself: what not even root can read.
    dir.link("a.css", "loop~");
    dir.rename("loop~", "a.css");
    live.builds_nothing_else(&dir);
    assert_eq!(live.files["/a.css"], version("1"));
    dir.remove("a.css");
    dir.write("a.css", "2");
    live.until("/a.css", "2");
}
