# One command each: `make drill` for the main job, `make test` for the tests. `make` alone lists them.

PYTHON ?= python3
UV ?= uv
# Test processes at a time: of tests that compute, and of end-to-end tests, which mostly wait.
JOBS ?= 2
DRILLS ?= 4
# What `make drill` runs, and with which further arguments: make drill ARGS='--seed 7'
SYSTEM ?= content_creation_crew
ARGS ?=

venv := .venv
bin := $(venv)/bin
pip := $(bin)/python -m pip --quiet --disable-pip-version-check install
# What builds the project comes from the lock too: nothing unpinned is run.
install_project := $(pip) --no-deps --no-build-isolation --editable .
# The extras `all` and `build` are in both locks: a drill of any system, and what installs the project itself.
compile := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --extra all --extra build \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help drill quick test lock compose bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

drill: $(venv)/.installed  ## run the drill of the first system: metrics against ledgers, one alert fired and resolved
	@$(bin)/promdrill run $(SYSTEM) $(ARGS)

# What is asked for by ARGS may all be of the other kind.
none_left = $(if $(ARGS),|| [ $$? = 5 ])

# What both begin with.
define look
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/lint-imports
	$(bin)/mypy
endef

quick: $(venv)/.installed-dev  ## lint, types, import order and the pure tests: those that start no process
	$(look)
	$(bin)/python -m pytest --numprocesses $(JOBS) -m 'not e2e' --pure -r fE $(ARGS)

test: $(venv)/.installed-dev  ## lint, types, import order, then all tests; end-to-end tests last
	$(look)
	$(bin)/python -m pytest --numprocesses $(JOBS) --dist worksteal -m 'not e2e' $(ARGS) $(none_left)
	$(bin)/python -m pytest --numprocesses $(DRILLS) --dist load --maxschedchunk 1 -m e2e $(ARGS) $(none_left)

bench: $(venv)/.installed-dev  ## measure; each script prints its table
	@for script in $(filter-out benchmarks/measuring.py,$(wildcard benchmarks/*.py)); do echo "$$script"; $(bin)/python "$$script" || exit 1; done

lock:  ## pin the newest versions that pyproject.toml allows; needs uv
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: pipx install uv' >&2; exit 1; }
	$(compile) --output-file requirements.lock pyproject.toml
	$(compile) --extra dev --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml

compose: $(venv)/.installed  ## write compose.yaml and what its services read anew, from scenarios/ and prometheus/
	@$(bin)/python deploy/compose/generate.py

clean:  ## remove the virtual environment and caches; saved evidence stays
	rm -rf $(venv) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(venv)/.made:
	@command -v $(PYTHON) >/dev/null || { \
		echo 'There is no $(PYTHON) on PATH. Install Python 3.11 or later, or say which: make PYTHON=/path/to/python' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "promdrill needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo 'Say which to use: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Making $(venv)'
	@$(PYTHON) -m venv $(venv)
	@touch $@

$(venv)/.installed: requirements.lock pyproject.toml $(venv)/.made
	@echo 'Installing the requirements (once)'
	@$(pip) --require-hashes --requirement requirements.lock
	@$(install_project)
	@touch $@

$(venv)/.installed-dev: requirements-dev.lock pyproject.toml $(venv)/.made
	@echo 'Installing the requirements for development (once)'
	@$(pip) --require-hashes --requirement requirements-dev.lock
	@$(install_project)
	@touch $(venv)/.installed $@
