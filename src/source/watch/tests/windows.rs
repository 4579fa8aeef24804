//! Names, paths and locks as only Windows has them.

use std::{
    fs::{self, File},
    io::Write,
    os::windows::fs::OpenOptionsExt,
    path::PathBuf,
    process::Command,
};

use super::{scale::patience, *};

/// The path of a test's folder as users write it: without `\\?\`.
fn plain(dir: &Dir) -> PathBuf {
    let path = dir.path().to_str().unwrap();
    path.strip_prefix(r"\\?\").expect("a canonical path").into()
}

/// Shows that a change of `alive.css` is published.
fn is_alive(dir: &Dir, live: &mut Live) {
    for content in ["1", "2"] {
        dir.write("alive.css", content);
        live.until("/alive.css", content);
    }
}

#[test]
fn one_file_has_one_name_in_whatever_letters_it_is_saved() {
    let dir = Dir::new();
    dir.write("css/style.css", "1");
    let mut live = Live::serving(&dir);
    dir.write("CSS/STYLE.css", "2");
    live.until("/css/style.css", "2");
    live.settled();
    assert_eq!(live.ids(), ["/css/style.css"]);
}

#[test]
fn a_change_of_letters_alone_is_noticed() {
    let dir = Dir::new();
    dir.write("css/style.css", "1");
    let mut live = Live::serving(&dir);
    dir.rename("css/style.css", "css/Style.css");
    live.settled();
    assert_eq!(live.ids(), ["/css/Style.css"]);
    dir.rename("css", "Css");
    live.settled();
    assert_eq!(live.ids(), ["/Css/Style.css"]);
    dir.write("Css/Style.css", "3");
    live.until("/Css/Style.css", "3");
}

#[test]
fn a_root_may_be_given_in_any_spelling() {
    let dir = Dir::new();
    dir.write("Site/a.css", "0");
    let site = plain(&dir).join("Site");
    let slashes = site.to_str().unwrap().replace('\\', "/");
    let verbatim = dir.path().join("Site");
    let given = [site.clone(), plain(&dir).join("SITE"), slashes.into(), verbatim];
    for (number, given) in given.into_iter().enumerate() {
        let mut live = Live::of(Watch::new().files("/", &given).reload(&given));
        let template = format!("./{}/a.css", given.file_name().unwrap().to_str().unwrap());
        let content = format!("{number} later");
        dir.write("Site/a.css", &content);
        live.until("/a.css", &content);
        live.until(&template, &content);
        assert_eq!(live.ids(), [template.as_str(), "/a.css"], "{given:?}");
    }
}

/// Set where a missing share is an error: users who are no administrators have none.
const SHARE_IS_THERE: &str = "HOT_TEST_SHARE";

#[test]
fn a_root_may_be_on_a_share() {
    let dir = Dir::new();
    dir.write("site/css/a.css", "0");
    let plain = plain(&dir);
    let (drive, below) = plain.to_str().unwrap().split_once(r":\").expect("a drive");
    let share = PathBuf::from(format!(r"\\localhost\{drive}$\{below}\site"));
    if let (Err(error), None) = (fs::metadata(&share), std::env::var_os(SHARE_IS_THERE)) {
        return eprintln!("NOT RUN, as {} can't be read: {error}", share.display());
    }
    let verbatim = format!(r"\\?\UNC\{}", share.to_str().unwrap().strip_prefix(r"\\").unwrap());
    for (number, given) in [share, verbatim.into()].into_iter().enumerate() {
        let mut live = Live::of(Watch::new().files("/", &given).reload(&given));
        let content = format!("{number} later");
        dir.write("site/css/a.css", &content);
        live.until("/css/a.css", &content);
        live.until("./site/css/a.css", &content);
        assert_eq!(live.ids(), ["./site/css/a.css", "/css/a.css"], "{given:?}");
    }
}

#[test]
fn rules_may_have_the_line_ends_of_windows() {
    let dir = Dir::new();
    dir.write(".gitignore", "*.out\r\n/built/\r\nsub/*.tmp\r\n!kept.out\r\n");
    for name in ["a.css", "a.out", "kept.out", "built/x.css", "sub/x.tmp", "sub/built/x.css"] {
        dir.write(name, "1");
    }
    let live = Live::of(Watch::new().files("/", dir.path()).ignore("sub/built/"));
    assert_eq!(live.ids(), ["/a.css", "/kept.out"]);
}

#[test]
fn a_file_that_another_program_has_locked_is_read_when_it_is_free() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let mut live = Live::serving(&dir);
    let open = File::options().write(true).truncate(true).share_mode(0).open(dir.path().join("a.css"));
    let mut locked = open.unwrap();
    locked.write_all(b"2").unwrap();
    is_alive(&dir, &mut live);
    assert_eq!(live.files["/a.css"], version("1"), "it counts as it was read last");
    drop(locked);
    live.until("/a.css", "2");
}

#[test]
fn a_locked_file_is_found_by_the_first_scan_as_soon_as_it_is_free() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let locked = File::options().read(true).share_mode(0).open(dir.path().join("a.css")).unwrap();
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), Vec::<&str>::new());
    drop(locked);
    live.until("/a.css", "1");
}

#[test]
fn paths_may_be_longer_than_260_characters() {
    let dir = Dir::new();
    let folder = "a-folder-of-some-length/".repeat(20);
    let (name, id) = (format!("{folder}a.css"), format!("/{folder}a.css"));
    dir.write(&name, "1");
    for root in [dir.path().to_owned(), plain(&dir)] {
        let mut live = Live::of(Watch::new().files("/", root));
        for content in ["2", "3"] {
            dir.write(&name, content);
            live.until(&id, content);
        }
    }
}

#[test]
fn names_of_devices_neither_block_a_watch_nor_are_served() {
    let dir = Dir::new();
    // Possible by a path that begins with `\\?\`.
    for name in ["con", "nul", "aux.css", "com1"] {
        dir.write(name, "1");
    }
    let mut live = Live::of(Watch::new().files("/", plain(&dir)));
    is_alive(&dir, &mut live);
    for name in ["con", "nul", "aux.css", "com1"] {
        dir.write(name, "2");
    }
    is_alive(&dir, &mut live);
    for name in ["con", "nul", "aux", "com1"] {
        let (tx, published) = mpsc::channel();
        let guard = start(Watch::new().files("/device", plain(&dir).join(name)), Recorder(tx));
        let has_content = published.try_iter().any(|published| match published {
            Published::Scanned(state) => state.files.iter().any(|(_, found)| *found != version("2")),
            _ => true,
        });
        assert!(!has_content, "{name}");
        drop(guard.map(|guard| guard.stop_on_drop()));
    }
}

#[test]
fn thousands_of_changes_at_once_are_all_found() {
    const FILES: usize = 2_000;
    let dir = Dir::new();
    let mut live = Live::serving(&dir);
    let made = Instant::now();
    for n in 0..FILES {
        dir.write(format!("{}/a-name-of-some-length-{n}.css", n % 40), "1");
    }
    live.patience = patience(made.elapsed());
    while live.files.len() < FILES {
        live.build();
    }
    for folder in 0..40 {
        dir.remove_folder(folder.to_string());
    }
    while !live.files.is_empty() {
        live.build();
    }
}

#[test]
fn junctions_are_followed() {
    let (dir, outside) = (Dir::new(), Dir::new());
    outside.write("a.css", "1");
    let link = |target: &Dir| {
        let mut make = Command::new("cmd");
        make.args(["/C", "mklink", "/J"]).args([plain(&dir).join("link"), plain(target)]);
        assert!(make.status().unwrap().success());
    };
    link(&outside);
    let mut live = Live::serving(&dir);
    assert_eq!(live.ids(), ["/link/a.css"]);
    outside.write("a.css", "2");
    live.until("/link/a.css", "2");
    let other = Dir::new();
    other.write("b.css", "1");
    fs::remove_dir(dir.path().join("link")).unwrap();
    link(&other);
    live.settled();
    assert_eq!(live.ids(), ["/link/b.css"]);
}
