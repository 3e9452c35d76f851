# Commands for development; run `make` to list them.
# Requires make and Python 3.10 or newer (3.11 is preferred).

# Pythons to look for, in order; override with `make PYTHON=/path/to/python quickstart`.
PYTHON ?= python3.11 python3
VENV := .venv
BIN := $(VENV)/bin
# Written after a complete install; named after a checksum of pyproject.toml, so that changes trigger a new install.
STAMP := $(VENV)/.installed-$(shell cksum < pyproject.toml | tr ' ' '-')
# Exists during an install; if it exists at the start, an earlier install failed or was interrupted.
UNFINISHED := $(VENV)/.installing

.DEFAULT_GOAL := help
.PHONY: help install quickstart test check format docs notebook clean

help:
	@echo "make quickstart   install into .venv and run studies/quickstart.yaml"
	@echo "make test         run the tests"
	@echo "make check        check format, lint, types and layers"
	@echo "make format       format the code and apply automatic lint fixes"
	@echo "make docs         generate the reference pages and pictures of docs/ from the code"
	@echo "make notebook     run docs/notebook.ipynb and keep its outputs"
	@echo "make install      install the package with its test and check tools into .venv"
	@echo "make clean        remove caches and build files (never .venv or a study's directory)"

install:
	@set -eu; \
	if [ -e $(VENV) ] && { [ -e $(UNFINISHED) ] || \
	    ! $(BIN)/pip --version 2>/dev/null | grep -qF "$(CURDIR)/$(VENV)/"; }; then \
	  echo "$(VENV) is incomplete, broken or from elsewhere: recreating it"; \
	  rm -rf $(VENV); \
	fi; \
	if [ ! -e $(VENV) ]; then \
	  python=""; \
	  for candidate in $(PYTHON); do \
	    if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then \
	      python=$$candidate; break; \
	    fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "No Python 3.10 or newer with its venv module (looked for: $(PYTHON))." >&2; \
	    echo "Install Python 3.11, or choose one: make PYTHON=/path/to/python quickstart" >&2; \
	    exit 1; \
	  fi; \
	  echo "Creating $(VENV) with $$python ($$($$python --version))"; \
	  $$python -m venv $(VENV); \
	fi; \
	if [ ! -e $(STAMP) ]; then \
	  echo "Installing xlingual and its dependencies into $(VENV) (several minutes and GB the first time)"; \
	  rm -f $(VENV)/.installed-*; \
	  touch $(UNFINISHED); \
	  $(BIN)/pip install -qq --disable-pip-version-check -e ".[test,check]"; \
	  mv $(UNFINISHED) $(STAMP); \
	fi

quickstart: install
	$(BIN)/xlingual run studies/quickstart.yaml

# Tests that start Ray need the machine for themselves: Ray Train fails beside a second Ray.
test: install
	$(BIN)/pytest -n logical --maxprocesses 4 --ignore=tests/on_ray
	$(BIN)/pytest tests/on_ray

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install
	$(BIN)/python tests/reference.py
	$(BIN)/python tests/pictures.py

notebook: install
	$(BIN)/pip install -qq --disable-pip-version-check -e ".[notebook]"
	$(BIN)/python tests/notebook.py

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find xlingual tests analysis studies -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
