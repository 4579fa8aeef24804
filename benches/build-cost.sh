#!/usr/bin/env bash
# The cost of the crate in the build of a small axum app, in crates and seconds, compared with tower-livereload and notify.
set -euo pipefail
crate=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Builds an app with these additional dependencies: prints its name, its crates and the seconds of its first build.
app() {
	mkdir -p "$folder/$1/src"
	echo 'fn main() {}' >"$folder/$1/src/main.rs"
	cat >"$folder/$1/Cargo.toml" <<-END
		[package]
		name = "app"
		version = "0.0.0"
		edition = "2024"
		[workspace]
		[dependencies]
		axum = "0.8"
		tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
		$2
	END
	cd "$folder/$1"
	cargo fetch --quiet
	local crates start
	crates=$(cargo tree --edges normal,build --prefix none | sed 's/ (.*//' | sort -u | wc -l)
	start=$(date +%s.%N)
	cargo build --quiet --offline --target-dir "$folder/$1/target"
	printf '| %-28s | %6d | %7.1f |\n' "$1" "$crates" "$(awk "BEGIN { print $(date +%s.%N) - $start }")"
}

printf '| %-28s | crates | seconds |\n|%s|-------:|--------:|\n' "" "$(printf -- '-%.0s' {1..30})"
app "axum alone" ""
app "this crate" "tower-hot-middleware = { path = \"$crate\" }"
app "this crate, no watcher" "tower-hot-middleware = { path = \"$crate\", default-features = false }"
app "tower-livereload and notify" $'tower-livereload = "0.10"\nnotify = "8"'
