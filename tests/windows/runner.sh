#!/usr/bin/env bash
# `cargo hmr` under Wine, with real builds: errors reach the page, processes take turns, a death is shown, and nothing is left
# when it is killed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/windows/within.sh"
. "$root/tests/windows/app.sh"
log=$root/target/windows/runner.log stream=$root/target/windows/stream.log

(cd "$folder" && exec "$root/tests/windows/wine.sh" "$root/target/windows/cargo-hmr.exe" hmr) >"$log" 2>&1 &
runner=$!
trap 'kill -KILL $runner 2>/dev/null || true' EXIT

within 1800 body "$url" one
within 20 accepts "$TOOL_PORT"
curl -sN "$url/__webpack_hmr" >"$stream" &
within 20 grep -q '^data:' "$stream"
sed -i 's/&str = "one"/u8 = "one"/' "$folder/src/main.rs"
within 20 grep -q '"action":"building","name":"cargo"' "$stream"
within 300 grep -q 'mismatched types' "$stream"
body "$url" one
echo "windows: an error is on the page, and the app serves"
sed -i 's/u8 = "one"/\&str = "two"/' "$folder/src/main.rs"
within 300 body "$url" two
echo "windows: the next build has taken its turn"
curl -s "$url/die" || true
within 20 answers "$url" 503
grep -q 'exit code 7' "$log"
within 20 refuses "$TOOL_PORT"
echo "windows: a death is shown, and has ended the app's command"
sed -i 's/"two"/"three"/' "$folder/src/main.rs"
within 300 body "$url" three
within 20 accepts "$TOOL_PORT"
echo "windows: a save starts the app again"
kill -KILL $runner
within 20 refuses "$PORT"
within 20 refuses "$TOOL_PORT"
echo "windows: nothing is left of a runner that was killed"
