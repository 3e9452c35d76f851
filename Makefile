# The commands of this repository. `make` alone lists them.
# Needed beforehand: make, and Python 3.10 or newer (3.11 is taken where it is there).

# Pythons to look for, in order; `make PYTHON=/path/to/python quickstart` names one.
PYTHON ?= python3.11 python3
VENV := .venv
BIN := $(VENV)/bin
# Written after a whole install; its name follows the content of pyproject.toml, so that a change of it installs again.
STAMP := $(VENV)/.installed-$(shell cksum < pyproject.toml | tr ' ' '-')
# There while an install goes on; found at the start, it tells of one that failed or was cut off.
UNFINISHED := $(VENV)/.installing

.DEFAULT_GOAL := help
.PHONY: help install quickstart test check format docs clean

help:
	@echo "make quickstart   install into .venv and run studies/quickstart.yaml"
	@echo "make test         the tests"
	@echo "make check        format, lint, types, layers"
	@echo "make format       write the format and the fixes that the linter can make"
	@echo "make docs         write the reference pages of docs/ from the code"
	@echo "make install      .venv with the package, its test and its check tools"
	@echo "make clean        remove caches and build leftovers (never .venv, never a study's directory)"

install:
	@set -eu; \
	if [ -e $(VENV) ] && { [ -e $(UNFINISHED) ] || \
	    ! $(BIN)/pip --version 2>/dev/null | grep -qF "$(CURDIR)/$(VENV)/"; }; then \
	  echo "$(VENV) is half-made, broken or from elsewhere: making it again"; \
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
	    echo "Install Python 3.11, or name one: make PYTHON=/path/to/python quickstart" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$python ($$($$python --version))"; \
	  $$python -m venv $(VENV); \
	fi; \
	if [ ! -e $(STAMP) ]; then \
	  echo "Installing xlingual and what it needs into $(VENV) (some minutes and several GB the first time)"; \
	  rm -f $(VENV)/.installed-*; \
	  touch $(UNFINISHED); \
	  $(BIN)/pip install -qq --disable-pip-version-check -e ".[test,check]"; \
	  mv $(UNFINISHED) $(STAMP); \
	fi

quickstart: install
	$(BIN)/xlingual run studies/quickstart.yaml

# Tests that start Ray have the machine for themselves: Ray Train ends beside a second Ray.
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

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find xlingual tests analysis studies -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
