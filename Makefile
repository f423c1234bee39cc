# Two commands do everything on a Debian or Ubuntu machine that has Rust and Node:
#   make run    opens the app, Sandbox on (without a display: the live view in the terminal)
#   make test   all checks
# Both install what is missing: system packages by apt (each by name), npm and cargo packages from their lock files.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CARGO_TERM_COLOR ?= never
FUZZ_SECONDS ?= 60
SOAK_MINUTES ?= 5

# x
.PHONY: help run test check compile bench deny soak fuzz types licences package screenshots icons setup ui app check rust-test ui-test journeys peers sdk clean

help:
	@grep -E '^#   make|^## ' Makefile | sed 's/^# *//; s/^## /  /'

setup:
	@.ci/setup build

## make run: the app
run: setup ui app
	./target/debug/pollux

## make test: formatting, lints, Rust, types, UI, the real window, peers, Google's SDKs
test:
	@.ci/setup test
	@.ci/step "window's files" $(MAKE) ui
	@.ci/step "formatting" cargo fmt --all --check
	@.ci/step "clippy; programs and tests; peers, Google's SDKs (npm, PyPI); dependencies" $(MAKE) -j4 compile peers sdk deny
	@.ci/step "prettier, svelte-check, eslint, vitest" $(MAKE) ui-test
	@.ci/step "rust, journeys in the real window" $(MAKE) rust-test
	@.ci/step "doc tests" .ci/compile cargo test --locked --workspace --doc
	@echo "All checks passed."

## make check: the inner loop: formatting, lints, and the unit tests of what changed since the last commit
check:
	@.ci/check

compile:
	@.ci/compile

ui: ui/node_modules/.installed
	npm --prefix ui run build

ui/node_modules/.installed: ui/package-lock.json ui/package.json
	npm --prefix ui ci --no-audit --no-fund
	@touch $@

ui-test: ui/node_modules/.installed
	npm --prefix ui run format:check
	npm --prefix ui run check
	npm --prefix ui run lint
	npm --prefix ui test

# The command line and the window that it starts.
app:
	cargo build --locked -p cli -p pollux-app

# The journeys bring their own display and session bus.
rust-test:
	.ci/compile .ci/nextest

# Senders written with other people's libraries, and programs that read what Pollux writes, for the tests.
peers:
	npm --prefix tests/peers ci --ignore-scripts --no-audit --no-fund
	@test -x tests/peers/.venv/bin/python || python3 -m venv tests/peers/.venv
	tests/peers/.venv/bin/pip install --quiet --disable-pip-version-check --require-virtualenv -r tests/peers/requirements.txt

# Google's SDKs, receivers, schemathesis and handlers, for the tests. Nothing to do while the lock files stay.
sdk:
	.ci/sdk

# Licences, sources and bans of the dependencies; known holes where their database can be had.
deny:
	@.ci/deny

## make bench: figures, as a table and as JSON lines (ratios taken in one run, release build)
bench: setup ui peers
	@.ci/setup bench
	@.ci/bench

## make soak: pollux listen under load and faults, for SOAK_MINUTES or until SOAK_KILLS kills
soak: setup
	@SOAK_MINUTES=$(SOAK_MINUTES) .ci/soak

## make fuzz: the parsers, for FUZZ_SECONDS
fuzz:
	@.ci/fuzz $(FUZZ_SECONDS)

## make types: writes the TypeScript of the Rust types
types:
	POLLUX_WRITE_TYPES=1 cargo test --locked --workspace --lib types_are_fresh

## make licences: lists what Pollux is made of, for its page About, from the lock files
licences: ui/node_modules/.installed
	node ui/scripts/licences.js

## make package: a .deb
package: setup ui
	npm --prefix ui exec -- tauri build

## make screenshots: the pictures of README and of the pages, and those that the tests compare the window with
screenshots: setup ui compile
	@.ci/setup test
	POLLUX_PICTURES=write .ci/compile .ci/nextest --test journeys the_window_looks_as_it_was_kept
	@git status --short -- .github/docs tests/fixtures/pictures

## make icons: all sizes from icons/pollux.svg
icons:
	@.ci/setup icons
	.ci/icons
