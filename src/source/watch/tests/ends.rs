//! Start and end of a watch, and polling.

use super::*;

#[test]
fn a_restart_finds_the_same_hash() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    dir.write("b/c.js", "2");
    let mut first = Live::serving(&dir);
    let hash = first.hash.clone();
    assert_eq!(Live::serving(&dir).hash, hash);
    dir.write("a.css", "2");
    first.until("/a.css", "2");
    assert_ne!(first.hash, hash);
    assert_eq!(Live::serving(&dir).hash, first.hash);
    let other = Dir::new();
    other.write("a.css", "1");
    other.write("b/c.js", "2");
    assert_eq!(Live::serving(&other).hash, hash, "wherever the folder is");
}

#[test]
fn a_small_site_is_known_when_the_watch_has_begun() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let (tx, published) = mpsc::channel();
    let guard = start(Watch::new().name("site").files("/", dir.path()), Recorder(tx)).unwrap().stop_on_drop();
    // A machine that stands still for a quarter of a second is the one excuse.
    let Ok(Published::Scanned(state)) = published.try_recv().or_else(|_| published.recv_timeout(PATIENCE))
    else {
        panic!("no scan");
    };
    assert_eq!(state.name, "site");
    assert_eq!(state.files, [("/a.css".to_owned(), version("1"))]);
    assert_eq!(state.modules, [("/a.css".to_owned(), "./a.css".to_owned())]);
    drop(guard);
}

#[test]
fn dropping_the_guard_ends_everything() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let mut live = Live::serving(&dir);
    let guard = live.guard.take().unwrap();
    drop(guard);
    dir.write("a.css", "2");
    // The handler is gone with the thread.
    assert_eq!(live.published.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn what_can_not_be_watched_is_an_error() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let (tx, published) = mpsc::channel();
    let path = dir.path().join("a.css/none");
    let error = start(Watch::new().files("/", &path), Recorder(tx)).unwrap_err().to_string();
    assert!(error.contains(&format!("{path:?}")) && error.contains("ot a directory"), "{error}");
    assert!(published.recv().is_err(), "nothing is published, and the handler is dropped");
}

#[test]
fn polling_finds_what_events_would_report() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    dir.write("node_modules/x.js", "1");
    let watch = Watch::new().files("/", dir.path()).poll(Duration::from_millis(20));
    let mut live = Live::of(watch.settle(Duration::from_millis(5)));
    assert_eq!(live.ids(), ["/a.css"]);
    dir.write("a.css", "2");
    live.until("/a.css", "2");
    dir.write("a.css", "3");
    live.until("/a.css", "3");
    dir.write("b/c/d.css", "1");
    live.until("/b/c/d.css", "1");
    dir.rename("b", "e");
    live.settled();
    dir.remove("a.css");
    live.settled();
    dir.write(".gitignore", "*.css\n");
    live.settled();
    assert!(live.files.is_empty());
    dir.remove(".gitignore");
    live.settled();
    assert_eq!(live.ids(), ["/e/c/d.css"]);
}
