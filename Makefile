# The blueprint's own commands. A rendered service has a Makefile of its own: template/Makefile.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Not as make itself writes it, or make 3.81 of macOS would look for a simple command without the PATH below.
SHELL := /bin//sh

USER_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Bytecode that isn't kept makes every run of the CDK seconds slower.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

READY := .venv/.ready
# Where `make demo` renders the service.
DEMO ?= build/demo
# What `make test` runs: a file, or any other arguments of pytest.
TESTS ?= tests
# One more than two processors: a test often waits, for a local cloud or for packages.
WORKERS ?= 3

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml scripts/setup template/blueprint/tools/uv template/blueprint/tools/python
	@scripts/setup

.PHONY: demo
demo: $(READY) ## Render a service into DEMO, deploy it onto the local cloud and place an order
	@python scripts/demo.py $(DEMO)

.PHONY: docs
docs: $(READY) ## Build the documentation site into build/site
	@PYTHONPATH=template python scripts/site_builder.py

.PHONY: pictures
pictures: docs ## Make the pictures in docs/assets from a real run, and look at both sites in Chromium
	@$$(template/blueprint/tools/uv) sync --quiet --inexact --group pictures
	@python scripts/pictures.py

.PHONY: check
check: $(READY) ## Check the format, lint and types of this repository's own Python, and the spelling of everything
	ruff format --check --quiet .
	ruff check --quiet .
	mypy
	codespell
	@python scripts/ownership.py
	@python template/blueprint/tools/workflows.py .

.PHONY: fix
fix: $(READY) ## Format, fix what lint can fix, and refresh the default renders in template/
	ruff format --quiet .
	ruff check --fix --quiet .
	ruff format --quiet .
	python scripts/refresh_defaults.py
	python scripts/questions.py

# Seconds of processor time that `make test` may take. It takes some 660; eight minutes of two processors are 960.
BUDGET ?= 850

.PHONY: test
test: $(READY) check ## Run what a change is likely to break; TESTS=tests/test_questions.py runs a part of all tests
ifeq ($(TESTS),tests)
	@python scripts/budgeted.py $(BUDGET) pytest -n $(WORKERS) -m "not matrix" tests
else
	pytest -n $(WORKERS) $(TESTS)
endif

.PHONY: test-matrix
test-matrix: $(READY) ## Run the other tests, more than half an hour of them; TESTS=... runs those of a part
	pytest -n $(WORKERS) -m matrix $(TESTS)

.PHONY: bench
bench: $(READY) ## Measure a fresh render and write docs/performance.md; BENCH="delivery functions ..." for parts of it
	@PYTHONPATH=scripts python -m benchmarks $(BENCH)

# Where `make render-test` renders the service, and what it answers.
RENDER ?= build/render
ANSWERS ?=
TARGETS ?= check test

.PHONY: render-test
render-test: $(READY) ## Render a service with ANSWERS="--data name=value ..." and run its TARGETS, check and test by default
	@rm -rf $(RENDER)
	@copier copy --quiet --defaults --vcs-ref HEAD $(ANSWERS) . $(RENDER)
	@git -C $(RENDER) init --quiet
	@PATH="$(USER_PATH)" $(MAKE) -C $(RENDER) $(TARGETS)

.PHONY: release
release: $(READY) check ## Prepare VERSION: the changelog's heading and a commit; CI tests and tags it
	@python scripts/release.py prepare $(VERSION)

.PHONY: release-pending
release-pending: $(READY) ## Print the version that has a heading and no tag yet; its part of the changelog goes to NOTES
	@python scripts/release.py pending $(NOTES)
