# `make run` sets everything up and starts the app; `make test` runs every check.
# Both work on a bare clone with Python >= 3.11, make and a C++ compiler; a second run starts in seconds.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test lint types walls tests test-finetune clean
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@$(BIN)/persona-tui

test: $(VENV)/.installed-dev lint types walls tests

lint: $(VENV)/.installed-dev
	@echo "== ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	@echo "== mypy"
	@$(BIN)/mypy

walls: $(VENV)/.installed-dev
	@echo "== import-linter"
	@$(BIN)/lint-imports

tests: $(VENV)/.installed-dev
	@echo "== pytest"
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "persona-tui needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@echo "== creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: pyproject.toml constraints.txt scripts/install | $(VENV)/bin/python
	@scripts/install $(BIN)/python -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@scripts/install $(BIN)/python -c constraints.txt -e . --group dev
	@touch $@

# torch is 1 GB and, with CUDA, several: what needs it is installed and tested when it is asked for.
test-finetune: $(VENV)/.installed-dev
	@scripts/install $(BIN)/python -c constraints.txt -e '.[finetune]'
	@echo "== pytest of [finetune]"
	@$(BIN)/python -m pytest tests/models/finetune tests/persona_tui/commands/test_finetune.py

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
