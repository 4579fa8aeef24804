# Everything that shows that the crate works. `make test` runs it all and installs what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || echo /usr/bin/chromium)
export CHROMIUM
NGINX ?= $(shell command -v nginx || echo /usr/sbin/nginx)
export NGINX

.PHONY: test format lint docs features unit callgrind load interleavings fuzz fuzz-long client browser package bench \
	bench-fan-out bench-paint bench-bundle bench-restart restart-tools screenshot chromium nginx faketime valgrind

test: format lint docs features unit callgrind interleavings fuzz client package browser
	@echo "all passed"

format:
	cargo fmt --check
	cargo fmt --check --manifest-path examples/askama/Cargo.toml
	cargo fmt --check --manifest-path tests/interleavings/Cargo.toml
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo fmt --check --manifest-path benches/fan-out/Cargo.toml

lint:
	cargo clippy --all-targets --all-features --locked -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features --locked

# Every combination of the features, with the tests' code left out: what a dependent compiles.
FEATURES := "" watch axum watch,axum command webpack websocket listen runner
features:
	@for features in $(FEATURES); do \
		echo "--no-default-features --features '$$features'"; \
		RUSTFLAGS="-D warnings" cargo check --target-dir target/features --lib --locked --no-default-features --features "$$features"; \
	done

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
FUZZ_TARGETS := guard inject stats stream_query uplink
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

browser: chromium nginx tests/browser/node_modules examples/webpack/node_modules tests/websocket/venv
	cargo build --locked --all-features --example browser-test-server --example site --example hyper --example webpack \
		--example chat --bin cargo-hmr
	cd tests/browser && npm test

# Debian's package, where there is apt and no browser yet.
chromium:
	@if ! test -x "$(CHROMIUM)"; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
		else echo "Chromium is missing: install it, or set CHROMIUM to its path" >&2; exit 1; fi; \
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

# The figures in docs/performance.md: each prints a table.
bench: bench-fan-out bench-paint bench-bundle
	cargo bench --locked --bench overhead -- --warm-up-time 0.3 --measurement-time 1
	cargo bench --locked --bench page
	cargo bench --locked --bench write_to_event
	benches/build-cost.sh

# The server on one core, the load on the other.
bench-fan-out: benches/fan-out/node_modules
	cargo build --release --locked --manifest-path benches/fan-out/Cargo.toml --target-dir target/fan-out
	ulimit -n 20000 && taskset --cpu-list 1 target/fan-out/release/fan-out docs/fan-out.svg

bench-paint: chromium benches/save-to-paint/node_modules
	cargo build --locked --all-features --example browser-test-server
	cd benches/save-to-paint && node run.mjs

# Beside webpack's own middlewares on express.
bench-bundle: chromium tests/browser/node_modules
	cargo build --locked --all-features --example browser-test-server
	node benches/bundle/run.mjs

# Restarts by `cargo hmr`, beside cargo-watch, bacon and systemfd. The tools are built once, into target/tools.
bench-restart: chromium benches/restart/node_modules restart-tools
	cargo build --locked --release --features runner --bin cargo-hmr
	node benches/restart/run.mjs

RESTART_TOOLS := cargo-watch@8.5.3 bacon@3.26.0 systemfd@0.4.6
restart-tools:
	@for tool in $(RESTART_TOOLS); do \
		test -x target/tools/bin/$${tool%@*} || \
			cargo install --locked --quiet --root target/tools --target-dir target/tools/build $$tool; \
	done

# Takes the picture in the README again.
screenshot: chromium tests/browser/node_modules
	cargo build --locked --example site
	cd tests/browser && UPDATE_SCREENSHOT=1 node --test screenshot.test.js
