#!/usr/bin/env bash
# Installs a compiler for Windows and Wine where apt has them, and builds what Wine lacks, into target/windows.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v x86_64-w64-mingw32-gcc >/dev/null || ! test -x /usr/lib/wine/wine64; then
	if ! command -v apt-get >/dev/null; then
		echo "gcc-mingw-w64-x86-64 or wine64 is missing: install them" >&2
		exit 1
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends \
		gcc-mingw-w64-x86-64 binutils-mingw-w64-x86-64 wine wine64 >/dev/null
fi
mkdir -p target/windows
x86_64-w64-mingw32-gcc -Wall -Werror -O1 -shared -o target/windows/bcryptprimitives.dll tests/windows/bcryptprimitives.c -ladvapi32
x86_64-w64-mingw32-gcc -Wall -Werror -O1 -o target/windows/cargo.exe tests/windows/cargo.c -lws2_32
