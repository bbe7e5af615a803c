# `make up`, `make demo`, `make test`, `make check`, `make lock`,
# `make screenshots`; see docs/operations.md.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
  --no-deps --only-binary :all:
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up demo test check lock screenshots
.DELETE_ON_ERROR:

help:
	@echo "make up     web and worker on http://127.0.0.1:8000 (PORT, PRECISO_DATA_DIR)"
	@echo "make demo   the whole loop on real mortgage decisions, under two minutes"
	@echo "make test   the test suite (ARGS for pytest)"
	@echo "make check  format, lint, types, import contracts, translations, migrations;"
	@echo "            with RELEASE=1 no sentence may be untranslated"
	@echo "make screenshots  the pictures in docs/screenshots, as the browser tests see the pages"
	@echo "make lock   resolve the dependencies of pyproject.toml again"

up: $(VENV)/.installed
	@exec $(PY) -m preciso.launcher

demo: $(VENV)/.installed
	@SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	  exec $(PY) manage.py demo

# Two processes, file by file; tests with processes of their own in one (tests/conftest.py).
test: $(VENV)/.installed-dev
	@$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

screenshots: $(VENV)/.installed-dev
	@PRECISO_SCREENSHOTS=docs/screenshots PRECISO_TEST_LONG=1 PRECISO_TEST_REQUIRE=browser \
	  $(PY) -m pytest -n 0 tests/browser -k is_whole $(ARGS)

check: $(VENV)/.installed-dev
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/djangofmt --check --quiet templates
	$(VENV)/bin/mypy preciso training mlops
	$(VENV)/bin/lint-imports
	$(PY) -m preciso.translations $(if $(RELEASE),complete)
	$(PY) manage.py makemigrations --check --dry-run --settings preciso.settings_test

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Preciso needs Python 3.11 or newer; $(PYTHON) is not. Try make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make a virtual environment (on Debian: apt install python3-venv)."; exit 1; }

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "Installing what Preciso needs into $(VENV)/ (once, about a minute) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(PY)
	@echo "Installing what Preciso and its tests need into $(VENV)/ (once) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $(VENV)/.installed $@

# Versions stay as they are locked unless pyproject.toml asks for others; to raise them
# all: make lock ARGS=--upgrade
LOCK = $(VENV)-lock/bin/uv pip compile pyproject.toml --quiet --universal \
  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS)
HEADER := \# Made by `make lock` from pyproject.toml; never edited by hand.

lock:
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(LOCK) -o requirements.txt > /dev/null
	@$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt > /dev/null
	@for file in requirements.txt requirements-dev.txt; do \
	  { echo '$(HEADER)'; cat $$file; } > $$file.new && mv $$file.new $$file; done
