#!/bin/sh
# Runs a program of Windows under Wine, in a prefix of its own.
root=$(cd "$(dirname "$0")/../.." && pwd)
export WINEPREFIX="${WINEPREFIX:-$root/target/windows/prefix}" WINEPATH="Z:$root/target/windows" WINEDEBUG="${WINEDEBUG:--all}"
exec "${WINE64:-/usr/lib/wine/wine64}" "$@"
