# Needs only Python >= 3.11 and make. `make help` lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The versions that the tests ran with; `make CONSTRAINTS= ...` takes the newest that fit instead.
CONSTRAINTS ?= -c constraints.txt
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS)
PYTEST_ARGS ?= -n auto

.PHONY: help demo test test-local test-wheel check format readme review-pages reference examples shots clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed ## Install, then ask three questions of the bundled sample
	@sh docs/demo.sh "$(BIN)/netassist"

test: $(VENV)/.installed-dev ## Install, then run the tests
	$(BIN)/pytest $(PYTEST_ARGS)

test-local: $(VENV)/.installed-dev ## Build llama.cpp, fetch weights, then test models in process
	@.ci/test-local "$(abspath $(BIN))"

test-wheel: $(VENV)/.installed-dev ## Build the wheel, install it into an empty environment, start each face
	@.ci/test-wheel "$(abspath $(BIN))"

check: $(VENV)/.installed-dev ## Format, lint, types, import contracts, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(PYTEST_ARGS)

format: $(VENV)/.installed-dev ## Format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

readme: $(VENV)/.installed-dev ## Put the real output of their commands into README.md and docs/how-to
	$(BIN)/python docs/console.py

review-pages: $(VENV)/.installed-dev ## Write docs/review from the checks and their cases
	$(BIN)/python docs/refresh_review.py

reference: $(VENV)/.installed-dev ## Write docs/reference: commands, tools, findings, settings
	$(BIN)/python docs/refresh_reference.py

examples: $(VENV)/.installed-dev ## Embed the example questions of the rules tier again
	$(BIN)/python docs/refresh_examples.py

shots: $(VENV)/.installed-dev ## Take the pictures in docs/img from the real app, and draw the charts
	$(BIN)/python docs/shots.py
	$(BIN)/python docs/charts.py

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing netassist into $(VENV) (about a minute the first time)" >&2
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing netassist and its test tools into $(VENV) (about a minute the first time)" >&2
	$(PIP) -e '.[dev]'
	@touch $(VENV)/.installed $@
