//! Two processes behind nginx, one of which is killed every few seconds, and 50 clients that reconnect at random.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::BuildHasher,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    client::{Client, Connection, Event},
    processes::{Folder, Redis, Replica, program, until},
};

const CLIENTS: usize = 50;
/// The time during which processes are killed, and between two of them.
const CHAOS: Duration = Duration::from_secs(20);
const BETWEEN: Duration = Duration::from_secs(3);
/// The time between two events.
const PACE: Duration = Duration::from_millis(10);

/// nginx as a single process, on a socket.
struct Nginx(Child);

impl Nginx {
    fn start(folder: &Path) -> Option<Self> {
        let program = program("NGINX", "nginx")?;
        let at = folder.display();
        let configuration = format!(
            "daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;\n\
             fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
             upstream app {{ server unix:{at}/a.sock max_fails=0; server unix:{at}/b.sock max_fails=0; }}\n\
             server {{ listen unix:{at}/proxy.sock; location / {{ proxy_pass http://app; proxy_http_version 1.1;\n\
             proxy_set_header Host $http_host; proxy_next_upstream error timeout http_502; }} }} }}\n"
        );
        fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let process = Command::new(program)
            .args(["-c", folder.join("nginx.conf").to_str().unwrap(), "-p", folder.to_str().unwrap()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the start of nginx", || folder.join("proxy.sock").exists());
        Some(Self(process))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads the stream, on one connection after another, until it has the event with this number or all is over.
fn follow(
    socket: &Path,
    seed: u64,
    received: &AtomicU64,
    last_number: &AtomicU64,
    end: Instant,
) -> Vec<Event> {
    let mut random = seed | 1;
    let mut events: Vec<Event> = Vec::new();
    while Instant::now() < end {
        let last = events.last().map_or(String::new(), |event| event.id.clone());
        let Some(client) = Connection::to_socket(socket).ok().and_then(|c| Client::on(c, "ids", &last))
        else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        // A connection lasts for 20 ms to 2 s.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis(20 + (random >> 33) % 1980);
        while Instant::now() < until && !client.is_over() {
            thread::sleep(Duration::from_millis(5));
            if events.is_empty() && !client.events().is_empty() {
                received.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
        events.extend(client.events());
        let goal = last_number.load(Ordering::Relaxed);
        if goal > 0 && events.last().is_some_and(|event| event.data["n"] == goal) {
            break;
        }
    }
    events
}

#[test]
fn no_event_is_lost_or_doubled_while_processes_are_killed() {
    let folder = Folder::new();
    let (Some(redis), Some(_nginx)) = (Redis::start(&[]), Nginx::start(folder.path())) else { return };
    let url = redis.url();
    let start = |name: &str| {
        let socket = folder.path().join(format!("{name}.sock"));
        Replica::behind(Some(&socket), &[&url, "test", name])
    };
    let mut replicas = [start("a"), start("b")];
    // The process that publishes is one of its own: an event of a process that is killed before Redis has it is lost.
    let publisher = Replica::start(&url, "test", "publisher");
    let socket = folder.path().join("proxy.sock");
    let end = Instant::now() + CHAOS + Duration::from_secs(60);
    let (received, last_number, is_over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let all: Vec<Vec<Event>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (socket, received, last_number) = (&socket, &received, &last_number);
                let seed = RandomState::new().hash_one(0);
                scope.spawn(move || follow(socket, seed, received, last_number, end))
            })
            .collect();
        // A client without an id would begin at the newest event.
        let mut number = 0;
        until("every client has an event", || {
            publisher.post(&format!("/publish?from={number}"));
            number += 1;
            received.load(Ordering::Relaxed) == CLIENTS as u64
        });
        let (first, over, process, last) = (number, &is_over, &publisher, &last_number);
        let publishing = scope.spawn(move || {
            let mut number = first;
            while !over.load(Ordering::Relaxed) {
                process.post(&format!("/publish?from={number}"));
                number += 1;
                thread::sleep(PACE);
            }
            last.store(number - 1, Ordering::Relaxed);
        });
        let begin = Instant::now();
        for n in 0.. {
            if begin.elapsed() > CHAOS {
                break;
            }
            let replica = &mut replicas[n % 2];
            replica.kill();
            *replica = start(["a", "b"][n % 2]);
            thread::sleep(BETWEEN);
        }
        is_over.store(true, Ordering::Relaxed);
        publishing.join().unwrap();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let last = last_number.load(Ordering::Relaxed);
    assert!(last > 200, "{last} events");
    let ids: Vec<_> =
        all.iter().max_by_key(|events| events.len()).unwrap().iter().map(|event| &event.id).collect();
    for events in &all {
        let numbers: Vec<_> =
            events.iter().map(|event| event.data["n"].as_u64().expect("no event is missed")).collect();
        let expected: Vec<_> = (numbers[0]..=last).collect();
        assert_eq!(numbers, expected, "each event once and in order");
        assert!(
            ids.ends_with(&events.iter().map(|event| &event.id).collect::<Vec<_>>()),
            "with the same ids"
        );
    }
    eprintln!("{CLIENTS} clients, {} events: none lost, none doubled", last + 1);
}
