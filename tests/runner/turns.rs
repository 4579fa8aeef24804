//! Apps without `listen`, which are stopped before the next process starts, and ports that change.

use std::net::{TcpListener, TcpStream};

use crate::{app, http, http::Events, project::Project};

#[test]
fn an_app_that_binds_its_own_port_is_stopped_before_the_next_one_starts() {
    let project = Project::new(&app::with_own_port());
    let run = project.serve(&[]);
    let mut events = Events::open(project.port);
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    assert_eq!(events.until_action("building")["file"], "./src/main.rs");
    events.until_action("built");
    drop(events);
    run.until_body("two");
    // A process that has just started may still be about to take the runner's socket.
    std::thread::sleep(std::time::Duration::from_secs(1));
    project.replace("src/main.rs", "\"two\"", "\"three\"");
    run.until_body("three");
    run.says("tower_hot_middleware::listen(address)", 0);
    // An error is shown, and the app continues.
    let mut events = Events::open(project.port);
    project.replace("src/main.rs", "const TEXT: &str", "const TEXT: u8");
    assert!(events.until_errors()[0].contains("mismatched types"));
    assert!(http::get(project.port, "/").unwrap().body.contains("three"));
    // With `listen`, the new process takes over the socket.
    project.replace("src/main.rs", "const TEXT: u8", "const TEXT: &str");
    project.replace("src/main.rs", "tokio::net::TcpListener::bind(", "tower_hot_middleware::listen(");
    run.says("serves http://127.0.0.1:", 0);
    let from = run.output().len();
    project.replace("src/main.rs", "\"three\"", "\"four\"");
    run.until_body("four");
    run.says("switched after", from);
    // Without it again, the runner closes its own socket.
    project.replace("src/main.rs", "tower_hot_middleware::listen(", "tokio::net::TcpListener::bind(");
    project.replace("src/main.rs", "\"four\"", "\"five\"");
    run.until_body("five");
}

#[test]
fn an_app_without_the_layer_is_restarted() {
    let project = Project::new(&app::without_layer());
    let run = project.serve(&[]);
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two");
    let from = run.output().len();
    project.replace("src/main.rs", "const TEXT: &str", "const TEXT: u8");
    run.says("mismatched types", from);
    run.says("the build failed", from);
    assert!(http::get(project.port, "/").unwrap().body.contains("two"));
}

#[test]
fn the_port_may_change_with_a_save() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    project.replace("src/main.rs", &format!("127.0.0.1:{}", project.port), &format!("127.0.0.1:{other}"));
    run.says(&format!("127.0.0.1:{other}"), 0);
    crate::project::until("the new port answers", || http::get(other, "/").ok());
    // A connection that waits would never be accepted.
    crate::project::until("the old port is closed", || TcpStream::connect(("127.0.0.1", project.port)).err());
}
