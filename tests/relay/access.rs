//! Who may use a Redis server: passwords, and TLS.

use super::{
    client::Client,
    processes::{Redis, Replica, until},
};

/// The commands that `docs/relay.md` lists.
const COMMANDS: &str = "EVAL EVALSHA SCRIPT XADD XREAD XRANGE XLEN XTRIM HGET HSET HMGET HGETALL HVALS HDEL HLEN HEXISTS HSTRLEN \
                        HINCRBY ZADD ZCARD ZREM ZPOPMIN ZRANGEBYSCORE DEL EXISTS PEXPIRE TIME";

#[test]
fn a_user_with_the_listed_commands_and_keys_is_enough_and_a_wrong_password_is_not_shown() {
    let Some(redis) = Redis::start(&[]) else { return };
    let commands: Vec<_> =
        COMMANDS.split_whitespace().map(|command| format!("+{}", command.to_lowercase())).collect();
    let mut rule = vec!["ACL", "SETUSER", "app", "on", ">a-password", "~{hot-middleware:test}:*"];
    rule.extend(commands.iter().map(String::as_str));
    let _: String = redis.command(&rule);
    let _: String = redis.command(&["ACL", "SETUSER", "default", "resetpass", ">another-password"]);
    let url = |password: &str| format!("{}?user=app&pass={password}", redis.url());
    let [a, b] = ["a", "b"].map(|name| Replica::start(&url("a-password"), "test", name));
    let pages = [Client::open(a.port), Client::open(b.port)];
    until("both processes share the log", || a.clients() == (1, 2) && b.clients() == (1, 2));
    a.post("/built?name=site&hash=h1");
    a.post("/building?name=site");
    a.post("/publish?from=0&count=3");
    for page in &pages {
        page.receives(0..3);
    }
    let c = Replica::start(&url("a-wrong-password"), "test", "c");
    until("a warning", || c.lines.lock().unwrap().iter().any(|line| line.contains("is away")));
    let lines = c.lines.lock().unwrap().join("\n");
    assert!(!lines.contains("a-wrong-password"), "{lines}");
}

#[cfg(feature = "redis-tls")]
mod tls {
    use std::{fs, net::TcpListener, path::Path, process::Command};

    use super::{Client, Redis, Replica, until};
    use crate::processes::Folder;

    /// Creates a certificate of `localhost` that is its own authority.
    fn certificate(folder: &Path) {
        let configuration = "[req]\ndistinguished_name=name\nx509_extensions=more\nprompt=no\n[name]\nCN=localhost\n\
                             [more]\nsubjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n";
        fs::write(folder.join("openssl.cnf"), configuration).unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", "openssl.cnf"])
            .args(["-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    #[test]
    fn rediss_verifies_the_certificate() {
        let folder = Folder::new();
        certificate(folder.path());
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        // Redis can't choose a free port itself.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let (certificate, key) = (path("cert.pem"), path("key.pem"));
        let arguments = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let more = ["--tls-ca-cert-file", &certificate, "--tls-auth-clients", "no", "--bind", "127.0.0.1"];
        let Some(redis) = Redis::start(&[&arguments[..], &more].concat()) else { return };
        let url = format!("rediss://localhost:{port}");
        let trusting = Replica::trusting(&certificate, &[&url, "test", "a"]);
        let plain = Replica::start(&redis.url(), "test", "b");
        let pages = [Client::open(trusting.port), Client::open(plain.port)];
        until("both processes share the log", || trusting.clients() == (1, 2) && plain.clients() == (1, 2));
        trusting.post("/publish?from=0&count=3");
        for page in &pages {
            page.receives(0..3);
        }
        fs::write(path("other.pem"), "").unwrap();
        let doubting = Replica::trusting(&path("other.pem"), &[&url, "test", "c"]);
        until("a warning", || doubting.lines.lock().unwrap().iter().any(|line| line.contains("is away")));
    }
}
