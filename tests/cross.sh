#!/usr/bin/env bash
# Runs cargo for another system: `cross.sh x86_64-pc-windows-gnu check --lib`. The standard library is built from the source
# that Debian ships with its compiler, so rustup's toolchain needs no other target.
set -euo pipefail
target=$1 command=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
rustc=${CROSS_RUSTC:-$root/target/cross/rustc}

test -x "$rustc" || (cd "$root" && tests/debian-rustc.sh newest "$rustc")
export RUSTC=$rustc RUSTC_BOOTSTRAP=1
exec cargo -Z build-std=std,panic_unwind "$command" --target "$target" --target-dir "${CROSS_TARGET_DIR:-$root/target/cross/build}" "$@"
