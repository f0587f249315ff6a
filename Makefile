# make demo draws a picture, make test passes the tests; both make their own environment first.
# make mini trains the embedded models again, from nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint nightly docs clean

demo: $(READY)
	$(BIN)/cohp generate "a red fox at dawn" --rounds 4

test: $(READY)
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term --cov-fail-under=95 -m "not nightly"

nightly: $(READY)
	$(BIN)/python -m pytest -n 2 -m nightly

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/write_cli.py --check

docs: $(READY)
	$(BIN)/python docs/write_cli.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

include training/mini.mk

clean:
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
