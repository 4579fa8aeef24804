//! Waiting for the pages, over a real socket.

use serde_json::Value;
use tower_hot_middleware::{Build, Change, HotMiddleware, Options, Receipts, WaitForError};

use crate::{
    client::{Reading, open},
    hot, serve_app,
};

const PATH: &str = "/__webpack_hmr";

fn css(hash: &str) -> Build {
    Build::new(hash).module("/a.css", "./static/a.css").change(Change::new("/a.css"))
}

#[tokio::test]
async fn the_wait_ends_with_the_answers_of_the_pages() {
    let hot = hot();
    hot.built(css("1"));
    let address = serve_app(&hot).await;
    let mut stream = open(address, &format!("{PATH}?ids&changes&client=one")).await;
    let connected: Value = serde_json::from_str(&stream.data().await).unwrap();
    let key = connected["receipts"].as_str().unwrap();
    stream.data().await;

    let kinds = ["updated", "unchanged", "reloaded", "unused", "failed"];
    for (hash, file, outcome, (counted, reason)) in [
        ("2", "/a.css", "updated", ("updated", None)),
        ("3", "static/a.css", "same", ("unchanged", None)),
        ("4", "./static/a.css", "reloaded", ("reloaded", None)),
        ("5", "/a.css", "unused", ("unused", None)),
        ("6", "/a.css", "failed", ("failed", Some("why"))),
    ] {
        let shown = hot.wait_for(file);
        let never = hot.wait_for("/b.css");
        // Nobody polls it before.
        hot.built(css(hash));
        let event = stream.event().await;
        let id = event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        let body = format!(
            r#"{{"type":"receipt","receipts":[{{"event":"{id}","outcome":"{outcome}","text":"why"}}]}}"#
        );
        let request = format!(
            "POST {PATH}?receipts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nHot-Middleware-Client: one\r\n\
             Hot-Middleware-Receipts: {key}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(Reading::raw(address, request.as_bytes()).await.status(), 204);
        let Receipts { updated, unchanged, reloaded, unused, failed, failure, .. } = shown.await.unwrap();
        let counts = [updated, unchanged, reloaded, unused, failed];
        let expected = kinds.map(|kind| usize::from(kind == counted));
        assert_eq!((counts, failure.as_deref()), (expected, reason), "{outcome}");
        drop(never);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_an_answer_ends_too() {
    let hot = hot();
    let shown = hot.wait_for("/a.css");
    hot.built(css("1"));
    assert_eq!(shown.await, Ok(Receipts::default()), "no page is open");

    let shown = hot.wait_for("/a.css");
    hot.built(css("1"));
    hot.built(css("2"));
    assert_eq!(shown.await, Ok(Receipts::default()), "a build with the same hash changes nothing");

    let shown = hot.wait_for("site");
    hot.built(Build::new("1").name("site").error("./a.js\nno such module"));
    assert_eq!(shown.await, Err(WaitForError::Failed("./a.js\nno such module".to_owned())));

    let error = hot.wait_for("/nowhere.css").await.unwrap_err();
    assert_eq!(error, WaitForError::Unchanged("/nowhere.css".to_owned()));
    assert!(format!("{error:?}").contains("/nowhere.css came within 10 s"));

    let waits: Vec<_> = (0..300).map(|_| hot.wait_for("/a.css")).collect();
    let last = waits.into_iter().next_back().unwrap();
    assert_eq!(last.await, Err(WaitForError::TooMany), "the number of those that wait is bounded");

    let shown = hot.wait_for("templates/a.html");
    hot.reload_file("./templates/a.html");
    assert_eq!(shown.await, Ok(Receipts::default()));

    let shown = hot.wait_for("/a.css");
    hot.close();
    assert_eq!(shown.await, Err(WaitForError::Closed), "a shutdown waits for nobody");

    let quiet = HotMiddleware::new(Options::builder().terminal(false).build().unwrap());
    assert_eq!(quiet.wait_for("/a.css").await, Err(WaitForError::Off));
}
