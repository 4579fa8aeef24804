#!/bin/bash
# The cargo of this system, for cargo.c: builds for Windows, and names files as Wine does.
exec 5>"/dev/tcp/127.0.0.1/$1"
words=("${@:2}")
if [ "$2" = build ]; then
	words=(-Z build-std=std,panic_unwind build --target x86_64-pc-windows-gnu "${@:3}")
fi
cargo "${words[@]}" </dev/null \
	> >(sed -u -e 's#"/#"Z:/#g' -e 's#^/#Z:/#' -e 's/^/O/' >&5) 2> >(sed -u 's/^/E/' >&5)
echo "X$?" >&5
