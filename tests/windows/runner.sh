#!/usr/bin/env bash
# `cargo hmr` under Wine, with real builds: errors reach the page, processes take turns, a death is shown, and nothing is left
# when it is killed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$root/target/windows/app
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port

rm -rf "$folder"
mkdir -p "$folder/src"
cp "$root/Cargo.lock" "$folder/"
cat >"$folder/Cargo.toml" <<TOML
[package]
name = "app"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
tokio = { version = "1", default-features = false, features = ["net", "rt"] }
tower-hot-middleware = { path = "$root", default-features = false, features = ["axum", "listen"] }

[profile.dev]
debug = "line-tables-only"

[workspace]
TOML
cat >"$folder/src/main.rs" <<RUST
use axum::{Router, routing::get};
use tower_hot_middleware::{HotMiddleware, Options};

const TEXT: &str = "one";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(serve());
}

async fn serve() {
    let hot = HotMiddleware::new(Options::default());
    let die = || async { if true { eprintln!("last words"); std::process::exit(7) } };
    let app = Router::new().route("/", get(|| async { TEXT })).route("/die", get(die)).layer(hot);
    let listener = tower_hot_middleware::listen("127.0.0.1:$port").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
RUST

export CARGO=$root/target/windows/cargo.exe CARGO_SH=$root/tests/windows/cargo.sh CARGO_TARGET_DIR=$root/target/cross/build
export RUSTC=${CROSS_RUSTC:-$root/target/cross/rustc} RUSTC_BOOTSTRAP=1 CARGO_NET_OFFLINE=true
log=$folder/../runner.log stream=$folder/../stream.log
cp "$root/target/cross/build/x86_64-pc-windows-gnu/debug/cargo-hmr.exe" "$root/target/windows/"
(cd "$folder" && exec "$root/tests/windows/wine.sh" "$root/target/windows/cargo-hmr.exe" hmr) >"$log" 2>&1 &
runner=$!
trap 'kill -KILL $runner 2>/dev/null || true' EXIT

# Waits up to $1 seconds for a command to succeed.
within() {
	local seconds=$1 begun=$SECONDS
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $((SECONDS - begun)) -gt "$seconds" ]; then
			echo "after $seconds s not yet: $*" >&2
			cat "$log" >&2
			exit 1
		fi
		sleep 0.2
	done
}
answers() { [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$url/")" = "$1" ]; }
body() { [ "$(curl -s -m 5 "$url/")" = "$1" ]; }
refuses() { curl -s -m 5 "$url/"; [ $? = 7 ]; }

within 1800 body one
curl -sN "$url/__webpack_hmr" >"$stream" &
within 20 grep -q '^data:' "$stream"
sed -i 's/&str = "one"/u8 = "one"/' "$folder/src/main.rs"
within 20 grep -q '"action":"building","name":"cargo"' "$stream"
within 300 grep -q 'mismatched types' "$stream"
body one
echo "windows: an error is on the page, and the app serves"
sed -i 's/u8 = "one"/\&str = "two"/' "$folder/src/main.rs"
within 300 body two
echo "windows: the next build has taken its turn"
curl -s "$url/die" || true
within 20 answers 503
grep -q 'exit code 7' "$log"
echo "windows: a death is shown"
sed -i 's/"two"/"three"/' "$folder/src/main.rs"
within 300 body three
echo "windows: a save starts the app again"
kill -KILL $runner
within 20 refuses
echo "windows: nothing is left of a runner that was killed"
