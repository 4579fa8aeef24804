#!/usr/bin/env bash
# Consoles under Wine: what ends at Ctrl-C and with the console, of an app alone and of `cargo hmr`; and the keys of `cargo hmr`.
# A process that has no console is below the app's command, so only job objects can end it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/windows/within.sh"
. "$root/tests/windows/app.sh"
log=$root/target/windows/console.log keys=$root/target/windows/keys
BROWSER_PORT=$(free_port)
export BROWSER="Z:${built//\//\\}\\app.exe browse $BROWSER_PORT %s"
console=

# Starts a program in a console, which `press` acts on.
start() {
	rm -f "$keys"
	mkfifo "$keys"
	exec 9<>"$keys"
	(cd "$folder" && exec python3 "$root/tests/windows/console.py" "$root/tests/windows/wine.sh" "$@") <"$keys" >"$log" 2>&1 9>&- &
	console=$!
}
press() { echo "$1" >&9; }

# Waits for the program, whose exit code is to be $1, if that is given.
ends() {
	local code=0
	wait "$console" || code=$?
	if [ -n "${1:-}" ] && [ "$code" != "$1" ]; then
		echo "exit code $code in place of $1" >&2
		cat "$log" >&2
		exit 1
	fi
}
serves() {
	within 1800 body "$url" one
	within 60 accepts "$TOOL_PORT"
}
leaves_nothing() {
	within 20 refuses "$PORT"
	within 20 refuses "$TOOL_PORT"
}
trap 'kill -KILL $console 2>/dev/null || true' EXIT

hmr=$root/target/windows/cargo-hmr.exe
start "$hmr" hmr
serves
press "keys o"
within 30 accepts "$BROWSER_PORT"
[ "$(cat "$folder/opened")" = "$url/" ]
echo "windows: the key o opens the browser"
press ctrl-c
ends 130
leaves_nothing
echo "windows: Ctrl-C leaves nothing of cargo hmr"
accepts "$BROWSER_PORT"
printf q >"/dev/tcp/127.0.0.1/$BROWSER_PORT"
within 20 refuses "$BROWSER_PORT"
echo "windows: but for the browser"
start "$hmr" hmr
serves
press "keys q"
ends 0
leaves_nothing
echo "windows: the key q leaves nothing"
start "$hmr" hmr
serves
press close
ends
leaves_nothing
echo "windows: a closed console leaves nothing of cargo hmr"

for way in ctrl-c close; do
	start "$built/app.exe"
	serves
	press $way
	ends
	leaves_nothing
	echo "windows: $way leaves nothing of an app alone"
done
start "$built/app.exe"
serves
kill -KILL "$(pgrep -P "$console")"
leaves_nothing
ends
echo "windows: an app that is killed leaves nothing"

# The event of a closed console, without the end of the process that Wine's system sends.
x86_64-w64-mingw32-gcc -Wall -Werror -O1 -o "$folder/close.exe" "$root/tests/windows/faults/close.c"
export IGNORE_HANG_UP=1
start "$folder/close.exe"
within 60 test -e "$folder/ready"
press close
code=0
wait "$console" || code=$?
if [ "$code" = 0 ]; then
	echo "windows: NOT RUN: the event of a closed console, by a fault of Wine: a console that is closed reports no event"
else
	start "$hmr" hmr
	serves
	press close
	ends
	leaves_nothing
	echo "windows: the event of a closed console leaves nothing of cargo hmr"
fi
