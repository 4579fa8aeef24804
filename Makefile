# Everything that shows that the crate works. `make test` runs it all and installs what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || echo /usr/bin/chromium)
export CHROMIUM
FIREFOX ?= $(shell command -v firefox-esr || command -v firefox || echo /usr/bin/firefox-esr)
export FIREFOX
WEBKIT_DRIVER ?= $(shell command -v WebKitWebDriver || echo /usr/bin/WebKitWebDriver)
export WEBKIT_DRIVER
XVFB ?= $(shell command -v Xvfb || echo /usr/bin/Xvfb)
export XVFB
NGINX ?= $(shell command -v nginx || echo /usr/sbin/nginx)
export NGINX

# Tools that cargo installs, each of one version. Few optimizations halve the time that this takes.
HACK := target/tools/cargo-hack@0.6.46/bin/cargo-hack
DENY := target/tools/cargo-deny@0.20.2/bin/cargo-deny
$(HACK) $(DENY): TOOL = $(patsubst target/tools/%/bin/,%,$(dir $@))
$(HACK) $(DENY):
	CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install --quiet --locked --root target/tools/$(TOOL) --target-dir target/tools/build $(TOOL)

.DEFAULT_GOAL := test
.PHONY: test format imports lint docs features api api-update deny left-out msrv minimal-versions rooms unit callgrind load interleavings \
	fuzz fuzz-long client browser package bench \
	bench-fan-out bench-paint bench-bundle bench-overhead bench-page bench-save bench-build screenshot chromium engines nginx faketime valgrind

test: format lint docs features api deny left-out unit callgrind interleavings fuzz client package browser
	@echo "all passed"

format:
	cargo fmt --check
	cargo fmt --check --manifest-path tests/interleavings/Cargo.toml
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo fmt --check --manifest-path benches/Cargo.toml
	cargo fmt --check --manifest-path tests/api/Cargo.toml
	cargo fmt --check --manifest-path tests/left-out/Cargo.toml

# One style of imports: a `use` a crate, in the order std, other crates, this one. The options are unstable, so rustfmt takes
# them by the variable alone.
imports:
	RUSTC_BOOTSTRAP=1 cargo fmt --check -- --config imports_granularity=Crate,group_imports=StdExternalCrate

lint:
	cargo clippy --all-targets --all-features --locked -- -D warnings
	cargo clippy $(BENCHES) --all-targets -- -D warnings
	cargo clippy --locked --manifest-path tests/api/Cargo.toml --target-dir target/api -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features --locked

# Every combination of the features, without the tests' code: what a dependent compiles.
features: $(HACK)
	RUSTFLAGS="-D warnings" $(HACK) hack check --feature-powerset --exclude-features default --lib --locked \
		--target-dir target/features

# The public API beside its snapshot. `api-update` writes the snapshot; the difference belongs in the changelog.
API := RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet --lib --locked --all-features --target-dir target/api -- \
	-Z unstable-options --output-format json && \
	cargo run --quiet --locked --manifest-path tests/api/Cargo.toml --target-dir target/api -- \
	target/api/doc/tower_hot_middleware.json docs/public-api.txt
api:
	$(API)
api-update:
	$(API) --update

# Licences, duplicate versions and sources of all that an app compiles, by deny.toml. Advisories need RustSec's database
# from GitHub; without a way there they are not checked.
ADVISORIES := https://github.com/rustsec/advisory-db
deny: $(DENY)
	$(DENY) --locked check bans licenses sources
	@if git ls-remote --quiet --exit-code $(ADVISORIES) HEAD >/dev/null 2>&1; then \
		$(DENY) --locked check advisories; \
	else echo "deny: advisories were NOT checked: $(ADVISORIES) can't be reached" >&2; fi

# An app that leaves the crate out of its release build by a feature, as the README says, with the crate and without it.
LEFT_OUT := --quiet --locked --manifest-path tests/left-out/Cargo.toml
left-out:
	cargo check $(LEFT_OUT) --target-dir target/left-out
	cargo check $(LEFT_OUT) --target-dir target/left-out --no-default-features
	cargo tree $(LEFT_OUT) >target/left-out/with
	cargo tree $(LEFT_OUT) --no-default-features >target/left-out/without
	grep -q tower-hot-middleware target/left-out/with
	! grep tower-hot-middleware target/left-out/without

# The declared `rust-version`, really compiled. Without `MSRV_RUSTC`, that compiler comes from rustup, or from Debian as a
# package that is unpacked and not installed.
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
MSRV_RUSTC ?= target/msrv/rustc
msrv: $(MSRV_RUSTC)
	$(MSRV_RUSTC) --version | grep -F ' $(MSRV).'
	RUSTC=$(abspath $(MSRV_RUSTC)) cargo check --locked --lib --all-features --target-dir target/msrv/build
	RUSTC=$(abspath $(MSRV_RUSTC)) cargo test --locked --lib --all-features --target-dir target/msrv/build

target/msrv/rustc:
	tests/msrv-rustc.sh $(MSRV) $@

# The least versions that Cargo.toml asks for, in a copy of the package that has a lock file of its own: the library alone,
# and then with its tests and examples. The load tests need a later tokio.
MINIMAL := target/minimal-versions
MINIMAL_LOCK := RUSTC_BOOTSTRAP=1 cargo -Z direct-minimal-versions generate-lockfile --quiet
minimal-versions:
	mkdir -p $(MINIMAL)
	for name in src tests examples client-js docs README.md; do ln -sfn ../../$$name $(MINIMAL)/$$name; done
	rm -f $(MINIMAL)/Cargo.lock
	sed '/^\[dev-dependencies\]/,/^$$/d' Cargo.toml >$(MINIMAL)/Cargo.toml
	cd $(MINIMAL) && $(MINIMAL_LOCK) && cargo check --locked --lib --all-features --target-dir build
	rm $(MINIMAL)/Cargo.lock
	cp Cargo.toml $(MINIMAL)/
	cd $(MINIMAL) && $(MINIMAL_LOCK) && cargo test --locked --no-run --all-features --target-dir build --lib --examples \
		--test it --test killed --test allocations --test structure

# Draws the rooms in docs/architecture.md again.
rooms:
	UPDATE_ROOMS=1 cargo test --locked --all-features --test structure the_document_shows

unit: faketime tests/bundlers/node_modules
	cargo test --locked --all-features

# Instructions on the hot paths: a count is exact where a time is noise.
callgrind: valgrind
	cargo test --locked --test callgrind

# The long forms of the tests of faults and load, whose figures are in docs/load.md. `unit` runs the short ones.
load:
	cargo test --locked --release --test load -- --long

# The hub in every order in which threads can take its lock.
interleavings:
	cargo test --locked --quiet --manifest-path tests/interleavings/Cargo.toml --target-dir target/interleavings

# Each target of the fuzzers, for as many seconds. The flags are what `cargo fuzz` gives the compiler; with them alone
# it takes neither that tool nor a nightly compiler, but for C++ to build libFuzzer with.
FUZZ_TARGETS := guard inject socket stats stream_query uplink
FUZZ_SECONDS ?= 5
FUZZ_OPTIONS ?= -seed=1
FUZZ_COVERAGE := level=4 inline-8bit-counters pc-table trace-compares
FUZZ_HOST = $(shell rustc -vV | sed -n 's/^host: //p')
fuzz:
	RUSTFLAGS="-Cpasses=sancov-module $(FUZZ_COVERAGE:%=-Cllvm-args=-sanitizer-coverage-%)" cargo build --locked \
		--quiet --release --manifest-path fuzz/Cargo.toml --target $(FUZZ_HOST) --target-dir target/fuzz
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p target/fuzz/corpus/$$target; \
		echo "fuzz: $$target for $(FUZZ_SECONDS) s"; \
		target/fuzz/$(FUZZ_HOST)/release/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 $(FUZZ_OPTIONS) \
			-artifact_prefix=target/fuzz/$$target- target/fuzz/corpus/$$target fuzz/seeds/$$target \
			>target/fuzz/$$target.log 2>&1 || { tail -n 60 target/fuzz/$$target.log; exit 1; }; \
	done

# An hour for each target, from another beginning each time; what it learns stays in target/fuzz/corpus.
fuzz-long:
	$(MAKE) fuzz FUZZ_SECONDS=3600 FUZZ_OPTIONS=

# The client's own tests, and its types.
client: client-js/node_modules
	cd client-js && npm run --silent types && npm test

# Packs the crate and builds it from its own list of files.
package:
	cargo package --locked --allow-dirty --quiet

browser: chromium engines nginx tests/browser/node_modules examples/webpack/node_modules tests/websocket/venv
	cargo build --locked --all-features --example browser-test-server --example site --example hyper --example webpack \
		--example chat
	cd tests/browser && npm test

# Debian's package, where there is apt and no browser yet.
chromium:
	@if ! test -x "$(CHROMIUM)"; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
		else echo "Chromium is missing: install it, or set CHROMIUM to its path" >&2; exit 1; fi; \
	fi

# Firefox, and WebKit with its driver and a display. Without them and without apt their tests are skipped, but not in CI.
ENGINES := firefox-esr:$(FIREFOX) webkit2gtk-driver:$(WEBKIT_DRIVER) xvfb:$(XVFB)
engines:
	@missing=; for engine in $(ENGINES); do test -x "$${engine#*:}" || missing="$$missing $${engine%%:*}"; done; \
	if test -n "$$missing"; then \
		if command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
		else \
			echo "missing:$$missing. Install them, or set FIREFOX, WEBKIT_DRIVER and XVFB to their paths" >&2; \
			test -z "$${CI:-}"; \
		fi; \
	fi

# The same, with what makes its certificate.
nginx:
	@if ! test -x "$(NGINX)" || ! command -v openssl >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq nginx openssl >/dev/null; \
		else echo "nginx or openssl is missing: install them, or set NGINX to nginx's path" >&2; exit 1; fi; \
	fi

# The clock that jumps in a test.
faketime:
	@if ! command -v faketime >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq faketime >/dev/null; \
		else echo "faketime is missing: install it" >&2; exit 1; fi; \
	fi

# A WebSocket library of Python's, for `tests/browser/vite-peers.test.js`.
tests/websocket/venv: tests/websocket/requirements.txt
	python3 -m venv $@ && $@/bin/pip install --quiet --requirement $<
	@touch $@

# What counts instructions.
valgrind:
	@if ! command -v valgrind >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq valgrind >/dev/null; \
		else echo "valgrind is missing: install it" >&2; exit 1; fi; \
	fi

%/node_modules: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

# The figures in docs/performance.md: each prints a table. `BENCH_OPTIONS` go to the benchmark.
bench: bench-fan-out bench-paint bench-bundle bench-overhead bench-page bench-save bench-build

BENCHES := --locked --manifest-path benches/Cargo.toml --target-dir target/benches
BENCH_OPTIONS ?=

# The server on one core, the load on the other.
bench-fan-out: benches/fan-out/node_modules
	cargo build --release $(BENCHES) --bin fan-out
	ulimit -n 20000 && taskset --cpu-list 1 target/benches/release/fan-out docs/fan-out.svg

# A request that is not the layer's own.
bench-overhead:
	cargo bench $(BENCHES) --bench overhead -- --warm-up-time 0.3 --measurement-time 1 $(BENCH_OPTIONS)

# A page of 100 kB.
bench-page:
	cargo bench $(BENCHES) --bench page

# From a save to the event on a client's socket.
bench-save:
	cargo bench $(BENCHES) --bench write_to_event -- $(BENCH_OPTIONS)

# The crate in the build of an app.
bench-build:
	benches/build-cost.sh

bench-paint: chromium benches/save-to-paint/node_modules
	cargo build --locked --all-features --example browser-test-server
	cd benches/save-to-paint && node run.mjs

# Beside webpack's own middlewares on express.
bench-bundle: chromium tests/browser/node_modules
	cargo build --locked --all-features --example browser-test-server
	node benches/bundle/run.mjs

# Takes the picture in the README again.
screenshot: chromium tests/browser/node_modules
	cargo build --locked --example site
	cd tests/browser && UPDATE_SCREENSHOT=1 node --test screenshot.test.js
