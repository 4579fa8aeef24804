//! Random changes to a tree with links in it, which end as a new watch finds the tree.

use std::{fs, os::unix::fs::symlink};

use super::*;

/// Number of random sequences, and of threads that run them.
const SEEDS: u64 = 100;
const THREADS: u64 = 4;

/// Changes in one sequence.
const CHANGES: usize = 25;

/// The folders and files that changes are made to: in the served folder, and beside it.
const FOLDERS: [&str; 7] = ["site", "site/a", "site/a/b", "dist", "dist/out", "dist/out/css", "other"];
const NAMES: [&str; 3] = ["x.css", "y.css", "link"];

/// A small generator (`SplitMix64`), so that a seed makes the same changes everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A path in one of the folders, or one of the folders itself.
    fn path(&mut self) -> String {
        if self.below(3) == 0 {
            return self.pick(&FOLDERS[1..]).to_owned();
        }
        format!("{}/{}", self.pick(&FOLDERS), self.pick(&NAMES))
    }
}

/// Makes one change. Most of them can fail, as a path may be missing or in the way.
fn change(dir: &Path, random: &mut Random, count: usize) {
    let path = dir.join(random.path());
    let other = random.path();
    let _ = match random.below(8) {
        0 => fs::remove_dir_all(&path),
        1 => fs::create_dir_all(&path),
        2 => fs::rename(&path, dir.join(other)),
        3 => symlink(dir.join(other), &path),
        4 => symlink(format!("../{other}"), &path),
        5 => fs::remove_file(&path),
        _ => fs::write(&path, count.to_string()),
    };
}

fn run_seed(seed: u64) {
    let dir = Dir::new();
    for folder in FOLDERS {
        dir.folder(folder);
    }
    dir.write("dist/out/x.css", "1");
    dir.link("../dist/out/x.css", "site/link");
    dir.link("../../dist/out", "site/a/link");
    let mut live = Live::serving_site(&dir);
    let mut random = Random(seed);
    for count in 0..CHANGES {
        change(dir.path(), &mut random, count);
        if random.below(4) == 0 {
            dir.write("site/step.txt", count.to_string());
            live.until("/step.txt", &count.to_string());
        }
    }
    live.settled();
}

#[test]
fn random_changes_with_links_end_as_a_new_scan() {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for seed in (thread..SEEDS).step_by(usize::try_from(THREADS).unwrap()) {
                    eprintln!("seed {seed}");
                    run_seed(seed);
                }
            });
        }
    });
}

#[test]
fn a_link_is_followed_through_folders_that_are_removed_and_made_again() {
    /// Does something to `dist`, which the link `site/link` leads into.
    type Act = fn(&Dir);
    let cases: [(&str, &str, Act); 8] = [
        ("removed and made again", "../dist/out/app.css", |dir| {
            dir.remove_folder("dist");
            dir.folder("dist");
        }),
        ("removed and made again, by an absolute link", "/dist/out/app.css", |dir| {
            dir.remove_folder("dist");
            dir.folder("dist");
        }),
        ("renamed", "../dist/out/app.css", |dir| dir.rename("dist", "old")),
        ("replaced by a rename", "../dist/out/app.css", |dir| {
            dir.write("next/out/app.css", "next");
            dir.rename("dist", "old");
            dir.rename("next", "dist");
        }),
        ("emptied", "../dist/out/app.css", |dir| {
            dir.remove_folder("dist/out");
        }),
        ("made again as a link", "../dist/out/app.css", |dir| {
            dir.remove_folder("dist");
            dir.folder("real/out");
            dir.link("real", "dist");
        }),
        ("a file for a moment", "../dist/out/app.css", |dir| {
            dir.remove_folder("dist");
            dir.write("dist", "a file");
            dir.remove("dist");
        }),
        ("missing at the start", "../later/out/app.css", |_| {}),
    ];
    for (case, target, act) in cases {
        eprintln!("{case}");
        let dir = Dir::new();
        dir.write("dist/out/app.css", "1");
        dir.folder("site");
        let folder = target.split('/').find(|part| !matches!(*part, "" | "..")).unwrap();
        let absolute = dir.path().join(target.trim_start_matches('/'));
        dir.link(if target.starts_with('/') { absolute } else { target.into() }, "site/link.css");
        let out = format!("{}/out", target.rsplit_once("/out").unwrap().0);
        let out_absolute = dir.path().join(out.trim_start_matches('/'));
        dir.link(if out.starts_with('/') { out_absolute } else { out.into() }, "site/out");
        let mut live = Live::serving_site(&dir);
        act(&dir);
        let file = format!("{folder}/out/app.css");
        for content in ["2", "3"] {
            dir.write(&file, content);
            live.until("/link.css", content);
            live.until("/out/app.css", content);
        }
        live.settled();
    }
}
