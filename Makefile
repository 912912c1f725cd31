# Table of contents. `make` alone prints it; every target sets up what it needs.
# Needs Python 3.11 or newer with venv, make, and a C compiler (without one the Python front is installed).

PYTHON ?= python3
VENV ?= .venv
BIN ?= $(VENV)/bin
# Tests wait for processes more than they compute: one worker for each processor. WORKERS= for none.
WORKERS ?= -n auto --dist worksteal
READY := $(VENV)/.ready

# The wheels are editable: only what pip reads once, and the C front that it compiles, call for a new set-up.
SETUP_INPUTS := requirements-dev.txt $(wildcard packages/*/pyproject.toml) \
    $(wildcard packages/zccache-cli/hatch_build.py packages/zccache-cli/native/*.[ch])

.DEFAULT_GOAL := help
.PHONY: help setup test demo check lint types imports workflows bench docs clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the packages (editable) and the tools that check them

# venv links the interpreter itself, so a pyenv shim (a shell script of 100 ms) never runs again after this rule.
$(READY): $(SETUP_INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "zccache needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || \
	    { echo "$(PYTHON) has no venv module: on Debian, apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

test: $(READY) ## run every test and check (pick some: make test ARGS="tests/common -x")
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

demo: $(READY) ## build a real project twice through the cache and show the two times
	$(BIN)/python bench/demo.py $(ARGS)

check: lint types imports workflows ## ruff, mypy, import contracts, workflow schema (make test does these too)

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

workflows: $(READY)
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

bench: $(READY) ## measure ours against bare, ccache, sccache and the original (./perf)
	$(BIN)/python perf $(ARGS)

docs: $(READY) ## write docs/limits.md and docs/hazards.md anew from the code and the tests
	$(BIN)/python docs/write_limits.py
	$(BIN)/python docs/write_hazards.py

clean: ## remove .venv and everything that tools left behind
	rm -rf $(VENV) dist build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find packages tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
