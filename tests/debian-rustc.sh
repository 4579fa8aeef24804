#!/usr/bin/env bash
# Provides a version of rustc: `debian-rustc.sh 1.85 target/msrv/rustc` creates a command with that name. It uses rustup's
# toolchain, or else unpacks Debian's package. With the version `newest`, which Debian has with the source of the standard
# library, the command can build for other systems (`-Z build-std`).
set -euo pipefail
version=$1 command=$2
folder=$(dirname "$command")

mkdir -p "$folder"
if [ "$version" != newest ] && rustc=$(rustup which --toolchain "$version" rustc 2>/dev/null); then
	ln -sf "$rustc" "$command"
	exit
fi
if ! command -v apt-get >/dev/null; then
	echo "rustc $version is missing: install it by rustup, or set the variable of this make target to its path" >&2
	exit 1
fi
apt-get update -qq
versions=$(apt-cache madison rustc-web | awk '{ print $3 }' | sort --version-sort)
if [ "$version" = newest ]; then
	package=$(tail -n 1 <<<"$versions")
	version=$(cut -d. -f1,2 <<<"$package")
	source="rust-web-src=$package"
else
	package=$(grep "^$version[.]" <<<"$versions" | tail -n 1 || true)
	source=
fi
if [ -z "$package" ]; then
	echo "Debian's rustc-web has no version $version: set the variable of this make target to the path of that rustc" >&2
	exit 1
fi
llvm=$(apt-cache show "rustc-web=$package" "libstd-rust-web-$version=$package" | grep -o 'libllvm[0-9]*' | sort -u)
mkdir -p "$folder/packages"
(
	cd "$folder/packages"
	# apt warns that its unprivileged user can't write here.
	apt-get download -qq "rustc-web=$package" "libstd-rust-web-$version=$package" "libstd-rust-web-dev=$package" \
		$source $llvm 2>/dev/null
	for file in *.deb; do dpkg -x "$file" ../root; done
)
rm -r "$folder/packages"
root=$(cd "$folder/root" && pwd)
libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
# Not by sh: Debian's drops variables whose names have a `-`, as `CARGO_BIN_EXE_terminal-app`.
printf '#!/usr/bin/env bash\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "'$libraries'" "'$root/usr/bin/rustc'" >"$command"
chmod +x "$command"
