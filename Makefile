# Everything that shows that the crate works. `make test` runs it all and installs what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || echo /usr/bin/chromium)
export CHROMIUM

.PHONY: test format lint docs features unit client browser package bench bench-paint screenshot chromium

test: format lint docs features unit client package browser
	@echo "all passed"

format:
	cargo fmt --check

lint:
	cargo clippy --all-targets --all-features --locked -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features --locked

# Every combination of the features, with the tests' code left out: what a dependent compiles.
FEATURES := "" watch axum watch,axum command webpack
features:
	@for features in $(FEATURES); do \
		echo "--no-default-features --features '$$features'"; \
		RUSTFLAGS="-D warnings" cargo check --target-dir target/features --lib --locked --no-default-features --features "$$features"; \
	done

unit: tests/bundlers/node_modules
	cargo test --locked --all-features

# The client's own tests, and its types.
client: client-js/node_modules
	cd client-js && npm run --silent types && npm test

# Packs the crate and builds it from its own list of files.
package:
	cargo package --locked --allow-dirty --quiet

browser: chromium tests/browser/node_modules
	cargo build --locked --all-features --example browser-test-server --example site
	cd tests/browser && npm test

# Debian's package, where there is apt and no browser yet.
chromium:
	@if ! test -x "$(CHROMIUM)"; then \
		if command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
		else echo "Chromium is missing: install it, or set CHROMIUM to its path" >&2; exit 1; fi; \
	fi

%/node_modules: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

# The figures in the README: each prints a table.
bench: bench-paint
	cargo bench --locked --bench overhead
	cargo bench --locked --bench write_to_event

bench-paint: chromium benches/save-to-paint/node_modules
	cargo build --locked --all-features --example browser-test-server
	cd benches/save-to-paint && node run.mjs

# Takes the picture in the README again.
screenshot: chromium tests/browser/node_modules
	cargo build --locked --example site
	cd tests/browser && UPDATE_SCREENSHOT=1 node --test screenshot.test.js
