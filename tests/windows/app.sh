# The app of runner.sh and console.sh, as a package of its own in `$folder`, and what `cargo hmr` needs under Wine.
folder=$root/target/windows/app
PORT=$(free_port) TOOL_PORT=$(free_port)
export PORT TOOL_PORT
url=http://127.0.0.1:$PORT

rm -rf "$folder"
mkdir -p "$folder/src"
cp "$root/Cargo.lock" "$folder/"
cp "$root/tests/windows/app.rs" "$folder/src/main.rs"
cat >"$folder/Cargo.toml" <<TOML
[package]
name = "app"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
tokio = { version = "1", default-features = false, features = ["net", "rt"] }
tower-hot-middleware = { path = "$root", default-features = false, features = ["axum", "command", "listen"] }

[profile.dev]
debug = "line-tables-only"

[workspace]
TOML

# A target directory of its own: Cargo would compile the standard library anew for each workspace that is built in one.
export CARGO=$root/target/windows/cargo.exe CARGO_SH=$root/tests/windows/cargo.sh CARGO_TARGET_DIR=$root/target/cross/app
export RUSTC=${CROSS_RUSTC:-$root/target/cross/rustc} RUSTC_BOOTSTRAP=1 CARGO_NET_OFFLINE=true
built=$CARGO_TARGET_DIR/x86_64-pc-windows-gnu/debug
cp "$root/target/cross/build/x86_64-pc-windows-gnu/debug/cargo-hmr.exe" "$root/target/windows/"
