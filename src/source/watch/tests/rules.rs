//! Rules of what to ignore, and changes of them.

use super::*;

#[test]
fn what_is_ignored_is_neither_there_nor_watched() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    dir.write("a.css.map", "1");
    dir.write("node_modules/x/y.js", "1");
    dir.write(".git/HEAD", "1");
    dir.write("vendor/node_modules/z.js", "1");
    let watch = Watch::new().files("/", dir.path()).ignore("*.map").ignore("!/vendor/node_modules");
    let mut live = Live::of(watch);
    assert_eq!(live.ids(), ["/a.css", "/vendor/node_modules/z.js"]);
    for path in
        ["a.css.map", "node_modules/x/y.js", "node_modules/new/z.js", ".git/index", ".#a.css", "a.css~"]
    {
        dir.write(path, "2");
    }
    live.says_nothing_else(&dir);
    dir.rename("a.css.map", "map.css");
    live.until("/map.css", "2");
    dir.rename("map.css", "map.css.map");
    assert_eq!(live.changes(), ["-/map.css"]);
    dir.rename("node_modules/x", "x");
    live.until("/x/y.js", "2");
    dir.rename("x", "node_modules/x");
    live.settled();
    dir.write("vendor/node_modules/z.js", "2");
    live.until("/vendor/node_modules/z.js", "2");
}

#[test]
fn rules_files_take_effect_at_once() {
    let dir = Dir::new();
    dir.write(".gitignore", "*.out\n/built/\n");
    dir.write("a.css", "1");
    dir.write("a.out", "1");
    dir.write("built/x.css", "1");
    dir.write("sub/.gitignore", "!a.out\n");
    dir.write("sub/a.out", "1");
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/a.css", "/sub/a.out"]);

    dir.write(".gitignore", "*.css\n");
    live.settled();
    assert_eq!(live.ids(), ["/a.out", "/sub/a.out"]);
    dir.write("built/new.txt", "1");
    live.until("/built/new.txt", "1");

    dir.write("sub/.gitignore", "*.out\n");
    assert_eq!(live.changes(), ["-/sub/a.out"]);
    dir.remove("sub/.gitignore");
    live.until("/sub/a.out", "1");

    dir.remove(".gitignore");
    live.until("/built/x.css", "1");
    live.settled();
    dir.write("built/x.css", "2");
    live.until("/built/x.css", "2");

    dir.write("aside", "built/\n");
    dir.rename("aside", ".gitignore");
    live.settled();
    dir.write("built/x.css", "3");
    live.builds_nothing_else(&dir);
}

#[test]
fn rules_above_a_root_have_no_say() {
    let dir = Dir::new();
    dir.write(".gitignore", "dist\n*.css\n");
    dir.write("dist/a.css", "1");
    let mut live = Live::of(Watch::new().files("/", dir.path().join("dist")));
    dir.write("dist/a.css", "2");
    live.until("/a.css", "2");
}

#[test]
fn a_root_whose_own_rules_ignore_everything_is_watched() {
    let dir = Dir::new();
    // As wasm-pack writes it.
    for (rules, name) in [("*", "app.js"), ("# generated\n/**\n!.gitignore\n", "app.wasm")] {
        dir.write("pkg/.gitignore", rules);
        dir.write(format!("pkg/{name}"), "1");
        dir.write("pkg/inner/.gitignore", "*");
        dir.write("pkg/inner/x.js", "1");
        let mut live = Live::of(Watch::new().files("/", dir.path().join("pkg")));
        assert_eq!(live.files.get(&format!("/{name}")), Some(&version("1")), "{rules}");
        assert!(!live.files.contains_key("/inner/x.js"), "its rules hold below it");
        dir.write(format!("pkg/{name}"), "2");
        live.until(&format!("/{name}"), "2");
        // Rules that leave a part of it hold.
        dir.write("pkg/.gitignore", format!("*\n!{name}\n"));
        dir.write("pkg/other.js", "1");
        dir.write(format!("pkg/{name}"), "3");
        live.until(&format!("/{name}"), "3");
        live.settled();
        assert_eq!(live.ids(), [format!("/{name}")], "{rules}");
        dir.remove_folder("pkg");
    }
}

#[test]
fn a_new_folder_brings_its_rules() {
    let dir = Dir::new();
    let mut live = Live::serving(&dir);
    let outside = Dir::new();
    outside.write("new/.gitignore", "*.out\n");
    outside.write("new/a.out", "1");
    outside.write("new/a.css", "1");
    std::fs::rename(outside.path().join("new"), dir.path().join("new")).unwrap();
    live.until("/new/a.css", "1");
    dir.write("new/b.out", "1");
    live.builds_nothing_else(&dir);
    assert_eq!(live.ids(), ["/new/a.css", &format!("/{SENTINEL}")]);
}
