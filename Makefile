# Everything a person or CI does here. `make` alone explains itself.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PORT ?= 5006
ARGS ?=
# Two processes and more: tests of one file, and all tests with a browser, stay in one of them.
WORKERS := --numprocesses=auto --maxprocesses=4 --dist=loadfile
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help app lab test check format bench screenshots docs clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

app: $(VENV)/.installed  ## install what is missing and open the dashboard (PORT=5006)
	$(BIN)/afif-explorer serve --port $(PORT) $(ARGS)

lab: $(VENV)/.installed  ## install what is missing and open the lessons in JupyterLab
	$(BIN)/afif-explorer lab $(ARGS)

# Threads that wait for work must not keep a processor from the other processes.
test: export OMP_WAIT_POLICY := passive
test: $(VENV)/.test $(VENV)/.browser  ## run all tests, including those in a browser (ARGS="-k words")
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

check: $(VENV)/.test  ## style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test  ## format the code and fix the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test $(VENV)/.browser  ## compare the dashboard's latency with its targets
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: export AFIF_DATA_HOME := $(or $(AFIF_DATA_HOME),$(wildcard ../shared/data))
screenshots: $(VENV)/.test $(VENV)/.browser  ## take the documentation's screenshots of the running app
	$(BIN)/python -m tools.screenshots $(ARGS)

docs: $(VENV)/.docs  ## build the documentation site in build/site/html
	$(BIN)/python -m tools.site $(ARGS)

clean:  ## remove the environment and all generated files
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(VENV)/.created: tools/find_python
	python=$$(tools/find_python) && "$$python" -m venv --clear $(VENV)
	touch $@

# torch first and by its exact version: another one would bring several gigabytes more.
$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (some minutes, once) ..."
	$(PIP) torch==$$(sed -n 's/^torch==//p' constraints.txt)
	$(PIP) --editable .
	touch $@

$(VENV)/.test: $(VENV)/.installed
	$(PIP) --editable '.[test,dev]'
	touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(PIP) --editable '.[docs]'
	touch $@

$(VENV)/.browser: $(VENV)/.test tools/find_browser
	tools/find_browser $(BIN)/python
	touch $@
