# Each target works as the first command ever run in the checkout, as root or not.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
BIN = .venv/bin
# Modules are compiled as they are first imported, as most never are, and kept for every process.
unexport PYTHONDONTWRITEBYTECODE
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: demo test chaos check up bench frontend

demo: .venv/.installed
	$(BIN)/python manage.py demo $(ARGS)

up: .venv/.installed
	$(BIN)/python manage.py up --port $(PORT) $(ARGS)

# The whole suite, or what ARGS names; ARGS=--cov measures its coverage too. Three at once, for one often
# waits for processes that it started.
test: .venv/.tested
	$(BIN)/python -m pytest -n 3 $(ARGS)

# Every fault at full size, two installations at a time, and the page of their figures. A disk can be
# full, and a clock wrong, only for root on Linux with a C compiler: what cannot be done here is
# skipped and said (-rs).
chaos: .venv/.tested
	$(BIN)/python -m pytest -n 2 --dist worksteal -p no:randomly -m "" -rPs tests/crash --figures docs/reliability.json $(ARGS); \
	status=$$?; $(BIN)/python -m tests.crash.page && exit $$status

check: .venv/.checked
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --quiet --lint
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') PUBLIC_URL=https://sojourn.example $(BIN)/python manage.py check --deploy --fail-level WARNING

# The canvas of journeys, the editor of templates and the charts, rebuilt into the files that Django
# serves.
frontend:
	cd journeys/frontend && npm ci && npm test && npm run build
	cd channels/frontend && npm ci && npm test && npm run build
	cd config/frontend && npm ci && npm test && npm run build

bench: .venv/.tested
	$(BIN)/python -m benchmarks $(ARGS)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sojourn needs Python 3.11 or newer: run make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)"; rm -rf .venv; exit 1; }
	-@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

.venv/.installed: .venv/bin/python pyproject.toml
	$(PIP) -e '.[embedded]'
	@touch $@

.venv/.tested: .venv/bin/python pyproject.toml
	$(PIP) -e '.[test]'
	@touch $@ .venv/.installed

.venv/.checked: .venv/bin/python pyproject.toml
	$(PIP) -e '.[check]'
	@touch $@ .venv/.tested .venv/.installed
