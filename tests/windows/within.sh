# For scripts that start servers under Wine: waiting for a condition, and conditions. `$log` is shown when one does not come.

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

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

answers() { [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$1/")" = "$2" ]; }
body() { [ "$(curl -s -m 5 "$1/")" = "$2" ]; }
accepts() { (exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
refuses() { ! accepts "$1"; }
