//! Templates that are compiled in, followed by `cargo hmr`: start it in this folder, then edit `templates/index.html`.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use askama::Template;
use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{Html, Redirect},
    routing::get,
};
use tower_hot_middleware::{HotMiddleware, Options};

const USAGE: &str = "Usage: cargo hmr, or cargo run, in examples/askama";

/// Notes in memory, which a restart loses: an app would have them in SQLite.
type Notes = Arc<Mutex<Vec<String>>>;

#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    notes: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Note {
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(argument) = std::env::args().nth(1) {
        if argument == "--help" {
            println!("{USAGE}");
            return Ok(());
        }
        return Err(format!("{argument:?} is not an argument of this example. {USAGE}").into());
    }
    let hot = HotMiddleware::new(Options::builder().enabled(cfg!(debug_assertions)).build()?);
    let app = Router::new().route("/", get(index).post(add)).with_state(Notes::default()).layer(hot);
    let listener = tower_hot_middleware::listen("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn index(State(notes): State<Notes>) -> Result<Html<String>, StatusCode> {
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Index { notes }.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn add(State(notes): State<Notes>, Form(note): Form<Note>) -> Redirect {
    notes.lock().unwrap_or_else(PoisonError::into_inner).push(note.text);
    Redirect::to("/")
}
