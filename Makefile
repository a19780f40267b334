# Everything goes through here; `make help` lists it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile
# On all cores and without the tests of others, because pip compiles one file after the other, for nearly half of the
# time it takes. What does not compile nobody imports; what is left out is compiled when it is first imported.
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
# A stamp per content, not per date: a checkout of other requirements installs again, a touch does not.
RUN_STAMP := $(VENV)/.run-$(shell cksum < requirements.txt | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | cut -d' ' -f1)
PACKAGES := config access alerts derived notifications devices shiftlog telemetry bridge dashboard embedded firmware_sim supply
JS_STAMP := node_modules/.lint-$(shell cksum < package-lock.json | cut -d' ' -f1)
# Only where it is shown: beside the Python tests it is not.
JS_COVERAGE = --experimental-test-coverage
# All in one process, where Node can: it starts in a third of the time that a test file takes. Each test takes back what it puts.
JS_ISOLATION = --test-isolation=none
JS_TESTS = $(shell find dashboard tests -name '*.test.js')
# Workers with servers of their own. Most tests wait for a process: with five, two cores are idle a fifth of the time.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
WORKERS = 6
BENCH ?=
ARGS ?=

# Kept beside the sources, whatever the shell says: otherwise each of the processes of a stack, and
# each of the hundreds that the tests start, compiles 350 modules before it does anything.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run check test tested-with tools coverage lint js-test screenshots bench compose-env

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## start everything; ARGS="--devices 500 --rate 2" reaches the simulator
	@exec $(BIN)/python manage.py up $(ARGS)

# Lint and the JavaScript tests keep one core busy for a minute; beside the Python tests, which often wait, they
# cost half of that. What they say comes at the end.
define beside_lint
	@said=$$(mktemp); status=0; \
	$(MAKE) --no-print-directory --keep-going JS_COVERAGE= lint js-test >$$said 2>&1 & beside=$$!; \
	$(PYTEST) $(1) $(ARGS) || status=1; \
	if wait $$beside; then echo "lint and js-test: passed"; grep -E '^(ℹ|#) (tests|pass|fail) ' $$said; \
	else status=1; cat $$said; fi; \
	rm -f $$said; \
	test $$status = 0 || echo "make $@: failed, see above"; exit $$status
endef

# They wait for Postgres a quarter of the time with two. Of the examples of a property test it
# tries a fifth (tests/examples.py).
check: WORKERS = 4
check: $(DEV_STAMP) ## at every save: lint, JavaScript, and the tests that start no process
	$(call beside_lint,-m "not process" --hypothesis-profile=quick)

test: tested-with ## all checks and all tests; ARGS="bridge -k spool" narrows the Python tests
	$(call beside_lint)

# At once, for each waits for the network a while. npm is one of the tools, and those need the interpreter.
tested-with:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory --jobs=3 $(DEV_STAMP) $(JS_STAMP) tools; \
	else $(MAKE) --no-print-directory --jobs=2 $(DEV_STAMP) tools && $(MAKE) --no-print-directory $(JS_STAMP); fi

tools: | $(BIN)/python
	@tests/install-tools

# Apart from `test`: to follow each branch doubles what the tests in one process cost.
coverage: tested-with ## the Python tests, ending with the branches they leave out; ARGS narrows them
	@status=0; \
	$(PYTEST) --cov --cov-report= $(ARGS) || status=1; \
	$(BIN)/coverage report --sort=cover --skip-covered | sed -n '1,20p;$$p'; \
	exit $$status

lint: $(DEV_STAMP) ## style, types and the import rule; style and types of the JavaScript
	@status=0; export PULSEBOARD_DEBUG=1 PYTHONPATH=.; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/mypy $(PACKAGES) || status=1; \
	$(BIN)/lint-imports || status=1; \
	$(MAKE) --no-print-directory $(JS_STAMP) || exit 1; \
	node_modules/.bin/tsc --build tsconfig.json tsconfig.tests.json || status=1; \
	node_modules/.bin/biome lint --error-on-warnings || status=1; \
	exit $$status

js-test: $(DEV_STAMP) ## the JavaScript tests
	@node=$$(ls $(BIN)/../lib/python3*/site-packages/playwright/driver/node 2>/dev/null || command -v node); \
	test -n "$(JS_TESTS)" || { echo "There are no JavaScript tests to run."; exit 1; }; \
	isolation=; "$$node" $(JS_ISOLATION) --version >/dev/null 2>&1 && isolation=$(JS_ISOLATION); \
	"$$node" --test $$isolation $(JS_COVERAGE) $(JS_TESTS)

compose-env: ## write .env with the secrets docker-compose.yml needs
	@$(PYTHON) deploy/make_env.py .env

screenshots: $(DEV_STAMP) ## the README's pictures, of the Pulseboard at URL (PULSEBOARD_PASSWORD: of admin)
	@exec $(BIN)/python -m tests.screenshots $(or $(URL),http://127.0.0.1:8000) admin

bench: $(DEV_STAMP) ## measure everything, or the one of benchmarks/ that BENCH names; ARGS are its options
	@exec $(BIN)/python -m benchmarks$(addprefix .,$(BENCH)) $(ARGS)

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "Pulseboard needs Python 3.11 or newer and found none. Name one: make run PYTHON=/path/to/python3"; \
		exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is incomplete. On Debian and Ubuntu: apt-get install python3-venv"; \
		exit 1; }

$(RUN_STAMP): | $(BIN)/python
	@echo "Installing requirements.txt"
	@$(PIP) -r requirements.txt
	@$(COMPILE)
	@rm -f $(VENV)/.run-*; touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo "Installing requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@$(COMPILE)
	@rm -f $(VENV)/.run-* $(VENV)/.dev-*; touch $(RUN_STAMP) $@

$(JS_STAMP):
	@command -v npm >/dev/null || { echo "Checking the JavaScript needs npm; tests/install-tools installs it."; exit 1; }
	@echo "Installing package-lock.json"
	@npm ci --include=dev --loglevel=error --ignore-scripts --no-audit --no-fund
	@rm -f node_modules/.lint-*; touch $@
