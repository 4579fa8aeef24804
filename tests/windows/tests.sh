#!/usr/bin/env bash
# Unit and socket tests under Wine, by the cargo command in the arguments. Those in excluded.txt are named and left out, as long as
# a program of a few lines shows the fault of Wine that each of them meets.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$root/target/windows/faults
mkdir -p "$folder"

# One of three runs is enough: Wine may fail for another reason on a busy machine.
shows_fault() {
	for _ in 1 2 3; do
		if (cd "$folder" && timeout 60 "$root/tests/windows/wine.sh" "$1.exe"); then return; fi
	done
	return 1
}

skipped=()
while read -r test fault; do
	source=$root/tests/windows/faults/$fault.c
	x86_64-w64-mingw32-gcc -Wall -Werror -O1 -o "$folder/$fault.exe" "$source"
	if shows_fault "$fault"; then
		echo "windows: NOT RUN: $test, by a fault of Wine: $(sed -n '1s:/\* \(.*\)[.] Exits.*:\1:p' "$source")"
		skipped+=(--skip "$test")
	fi
done < <(grep -v '^#' "$root/tests/windows/excluded.txt")

# The share that Windows has for a drive.
prefix=${WINEPREFIX:-$root/target/windows/prefix}
mkdir -p "$prefix/dosdevices/unc/localhost"
ln -sfn "$prefix/drive_c" "$prefix/dosdevices/unc/localhost/c\$"
export HOT_TEST_SHARE=1

# A test that never ends is named by the harness before its time is over.
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="timeout --kill-after 10 1800 $root/tests/windows/wine.sh"
"$@" test --locked --all-features --lib --bin cargo-hmr -- --test-threads 1 "${skipped[@]}"
"$@" test --locked --all-features --package it --test it -- --test-threads 1 "${skipped[@]}"
echo "windows: $((${#skipped[@]} / 2)) tests were not run"
