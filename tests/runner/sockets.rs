//! Apps with several sockets, with IPv6, and with ports that the system chooses.

use std::{
    io::{Read, Write},
    net::{Ipv6Addr, TcpStream},
    thread,
    time::Duration,
};

use crate::{app, project::Project};

/// An app that listens a second time: on IPv6, on a port that the system chooses, and after it accepts on the first socket.
fn twice() -> String {
    let second = "static SECOND: std::sync::OnceLock<u16> = std::sync::OnceLock::new();\n\n#[tokio::main]";
    let spawn = "let second = app.clone();\n    tokio::spawn(async move {\n\
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;\n\
        let listener = tower_hot_middleware::listen(\"[::1]:0\").await.unwrap();\n\
        SECOND.set(listener.local_addr().unwrap().port()).unwrap();\n\
        axum::serve(listener, second).await.unwrap();\n    });\n    let listener";
    app::WHOLE
        .replace("#[tokio::main]", second)
        .replacen("let listener", spawn, 1)
        .replace("{TEXT} {}", "{TEXT} port {:?} {}")
        .replace("std::process::id()", "SECOND.get(), std::process::id()")
}

fn get(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv6Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

#[test]
fn all_sockets_of_an_app_stay_open() {
    let project = Project::new(&twice());
    let run = project.serve(&[]);
    let answer = run.until_answer("/", |answer| answer.body.contains("port Some("));
    let port = answer.body.split_once("Some(").unwrap().1.split_once(')').unwrap().0.parse().unwrap();
    assert!(get(port).unwrap().contains("one"));
    for (from, to) in [("one", "two"), ("two", "three"), ("three", "four")] {
        let before = run.output().len();
        project.replace("src/main.rs", &format!("\"{from}\""), &format!("\"{to}\""));
        run.says("switched after", before);
        // A response of the old process until then, and no refusal in between.
        loop {
            let text = get(port).unwrap();
            if text.contains(to) {
                break;
            }
            assert!(text.contains(from) || text.contains("307"), "{text}");
        }
        run.until_body(&format!("{to} port Some({port})"));
        // Longer than the app may take for its second socket.
        thread::sleep(Duration::from_millis(3_500));
    }
    assert!(!run.output().contains("binds its port itself"), "{}", run.output());
}
