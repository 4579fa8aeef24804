//! File names of every kind: a change's id is the URL under which browsers request the file.

use std::{ffi::OsString, fs};

use axum::Router;
use serde_json::Value;
use tower_hot_middleware::watch::Watch;
use tower_http::services::ServeDir;

use crate::{
    client::{Reading, open},
    folder::Folder,
    hot, serve,
};

/// Names as bytes, because not every name is text.
const NAMES: [&[u8]; 17] = [
    b"plain.css",
    b"two words.css",
    b"100%.css",
    b"%41.css",
    b"what?now.css",
    b"sharp#.css",
    b"\"double\" 'single'.css",
    b"<b>&amp;.css",
    b"back\\slash.css",
    b"[brackets]{braces}^`.css",
    b"pipe|.css",
    b"line\nfeed\r.css",
    b"\x1b[31mred\x07.css",
    "gr\u{fc}n \u{1f389}.css".as_bytes(),
    "\u{202e}bidi\u{200b}.css".as_bytes(),
    b"latin-\xe9.css",
    b"broken-\xf0\x9f.css",
];

/// The names that this system allows: all of them on Unix.
#[cfg(unix)]
fn names() -> Vec<OsString> {
    use std::os::unix::ffi::OsStringExt;

    NAMES.map(|name| OsString::from_vec(name.to_vec())).into()
}

#[cfg(windows)]
fn names() -> Vec<OsString> {
    let is_reserved = |char: char| char.is_ascii_control() || "\"*/:<>?\\|".contains(char);
    let texts = NAMES.iter().filter_map(|name| std::str::from_utf8(name).ok());
    texts.filter(|name| !name.contains(is_reserved)).map(OsString::from).collect()
}

#[tokio::test]
async fn the_id_of_a_file_is_its_url_for_every_name() {
    let site = Folder::new();
    site.write("static/made-first.css", "");
    site.write("templates/made-first.html", "");
    let (served, rendered) = (site.join("static"), site.join("templates"));
    let hot = hot();
    let _watch = hot.watch(Watch::new().files("/assets", &served).reload(&rendered)).unwrap().stop_on_drop();
    let app = Router::new().nest_service("/assets", ServeDir::new(&served)).layer(hot);
    let address = serve(app).await;
    let mut client = open(address, "/__webpack_hmr?ids&changes").await;
    for name in names() {
        let shown = name.to_string_lossy();
        fs::write(served.join(&name), name.as_encoded_bytes()).unwrap();
        let id = next_change(&mut client).await;
        assert!(id.starts_with("/assets/") && id.is_ascii(), "{shown:?}: {id}");
        // Browsers keep such a URL unchanged.
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#<>?\\^`{}".contains(&byte)), "{id}");
        let answer = Reading::get(address, &id).await;
        // `ServeDir` does not serve files whose names are not UTF-8.
        let expected = if name.to_str().is_some() { 200 } else { 404 };
        assert_eq!(answer.status(), expected, "{shown:?}: {id}");
    }
    let mut ids = Vec::new();
    for name in names() {
        fs::write(rendered.join(&name), name.as_encoded_bytes()).unwrap();
        ids.push(next_change(&mut client).await);
    }
    assert!(ids.iter().all(|id| id.starts_with("./templates/")), "{ids:?}");
    #[cfg(unix)]
    assert_eq!(ids[15..], ["./templates/latin-%E9.css", "./templates/broken-%F0%9F.css"]);
    let mut different = ids.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), ids.len(), "two names have different ids");
}

/// Reads the id of the next changed file from the stream's JSON.
async fn next_change(client: &mut Reading) -> String {
    loop {
        let event: Value = serde_json::from_str(&client.data().await).unwrap();
        if let Some(id) = event["changes"][0]["id"].as_str() {
            return id.to_owned();
        }
    }
}
