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

/// Whether it is bound before or after the port of the runner.
#[test]
fn an_app_that_binds_a_second_port_takes_turns() {
    let second = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bind = format!("let _second = std::net::TcpListener::bind(\"127.0.0.1:{second}\").unwrap();");
    for (at, place) in [("let listener =", "before"), ("axum::serve(", "after")] {
        let project = Project::new(&app::WHOLE.replace(at, &format!("{bind}\n    {at}")));
        let run = project.serve(&[]);
        for (from, to) in [("one", "two"), ("two", "three"), ("three", "four")] {
            project.replace("src/main.rs", &format!("\"{from}\""), &format!("\"{to}\""));
            run.until_body(to);
        }
        let output = run.output();
        assert_eq!(output.matches("a port that the running process has").count(), 1, "{place}: {output}");
    }
}

/// The next build may be ready before the last process has given its port back.
#[test]
fn a_save_while_the_app_is_being_stopped_is_served() {
    let project = Project::new(&app::deaf(&app::with_own_port()));
    let run = project.serve(&[]);
    let from = run.output().len();
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    // It ignores SIGTERM, so it has its port for two seconds.
    run.says("built in", from);
    let from = run.output().len();
    project.replace("src/main.rs", "\"two\"", "\"three\"");
    run.says("built in", from);
    run.until_body("three");
    assert!(!run.output().contains("the app ended"), "{}", run.output());
}

/// As under systemd: the app takes the descriptor itself, and says nothing to the runner.
#[test]
fn an_app_that_takes_over_the_socket_by_itself_has_it_alone() {
    let main = app::with_own_port().replace(
        "tokio::net::TcpListener::bind(\"127.0.0.1:PORT\").await.unwrap()",
        "tokio::net::TcpListener::from_std(unsafe { std::os::fd::FromRawFd::from_raw_fd(3) }).unwrap()",
    );
    let project = Project::new(&main);
    let run = project.run(&["--listen", &format!("127.0.0.1:{}", project.port)]);
    run.until_body("one");
    std::thread::sleep(std::time::Duration::from_secs(4));
    for _ in 0..20 {
        assert_eq!(http::get(project.port, "/").unwrap().status, 200);
    }
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two");
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
