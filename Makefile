# FlowOps. `make` lists the targets; `make run` and `make test` do all their own set-up.
.DEFAULT_GOAL := help
.PHONY: help run test lint types suite suite-sqlite suite-postgres browser races truth reader lock clean

PY := .venv/bin/python
INSTALL = $(PY) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r
# uv, where it is at hand, installs the same locked files in a second or two.
ifneq ($(shell command -v uv 2>/dev/null),)
INSTALL = uv pip install --quiet --python $(PY) --require-hashes --only-binary :all: -r
endif

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.done .env ## chat, console and worker on this machine, with a demo
	@exec $(PY) manage.py up

test: .venv/test.done lint types suite ## lint, types, import contracts, migrations, the suite on both databases

lint: .venv/test.done ## style, import contracts, migrations
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py makemigrations --check --dry-run
	DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py check

types: .venv/test.done ## mypy, strict
	$(PY) -m mypy

suite: suite-sqlite suite-postgres ## all tests on SQLite and on PostgreSQL, then the coverage
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report
	$(PY) -m coverage report --fail-under=100 --include='policy/*,$(PURE)'

# The modules that the import contract of the pure core names: one list serves both.
PURE = $(shell $(PY) -c 'import tomllib; \
	contracts = tomllib.load(open("pyproject.toml", "rb"))["tool"]["importlinter"]["contracts"]; \
	core = next(contract for contract in contracts if contract["name"].startswith("The pure core")); \
	print(",".join(name.replace(".", "/") + ".py" for name in core["source_modules"]))')

# Measuring coverage costs a third of the time, so it is done on one database; the browser's tests, which are about
# pages, run on the other. `make browser` runs them on SQLite.
suite-sqlite: .venv/test.done ## all tests on SQLite, but for those in a browser
	rm -f .coverage .coverage.*
	$(PY) -m coverage run -m pytest --ignore=tests/browser

# The longest of the tests that ask no database at all: once is enough for them.
NO_DATABASE = $(foreach name,truth phrasebook licences verify_command,--ignore=tests/agent/test_$(name).py)

suite-postgres: .venv/test.done ## all tests on PostgreSQL, which comes in a package
	$(PY) -m tests.postgres $(PY) -m pytest $(NO_DATABASE)

browser: .venv/test.done ## the tests in Chromium
	$(PY) -m pytest tests/browser

RACES = $(PY) -m pytest -q -s tests/handoffs/test_races.py

races: .venv/test.done ## the race matrix at full length, on both databases
	RACE_ROUNDS=50 $(RACES)
	RACE_ROUNDS=50 $(PY) -m tests.postgres $(RACES)

truth: .venv/test.done ## the properties of the verifier at full length: 200 customers a case, 20,000 examples
	TRUTH_ROUNDS=200 TRUTH_EXAMPLES=20000 $(PY) -m pytest -q tests/agent/test_truth.py tests/agent/test_phrasebook.py

reader: .venv/train.done ## train the reader on fixtures/understanding (scikit-learn is installed for it, once)
	DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py train_reader

lock: .venv/test.done ## compile requirements/*.in to hashed lock files (needs uv)
	for set in run test train; do uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
		--custom-compile-command "make lock" $$(test $$set = run || echo -c requirements/run.txt) -o requirements/$$set.txt requirements/$$set.in || exit 1; done

clean: ## remove what the other targets made, the demo's database too
	rm -rf .venv .env var db.sqlite3* tests.sqlite3* .coverage .coverage.* .mypy_cache .ruff_cache .import_linter_cache

# A name on the PATH may be a shim that fails: run each candidate, and take the first that answers.
.venv/made:
	@for python in python3.11 python3 python3.12 python3.13 python; do \
		$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
			&& exec $$python -m venv .venv; \
	done; test -x $(PY) || { echo "Python 3.11 or newer with venv is needed (on Debian: apt install python3.11-venv)"; exit 1; }
	@touch $@

.venv/run.done: requirements/run.txt | .venv/made
	@echo "Installing $$(grep -c == requirements/run.txt) pinned packages (once)"
	@$(INSTALL) requirements/run.txt
	@touch $@

.venv/test.done: requirements/test.txt | .venv/made
	@echo "Installing $$(grep -c == requirements/test.txt) pinned packages with the test tools (once)"
	@$(INSTALL) requirements/test.txt
	@touch $@ .venv/run.done

.venv/train.done: requirements/train.txt | .venv/test.done
	@$(INSTALL) requirements/train.txt
	@touch $@

# The demo's settings: a secret made on the spot. Delete the file, or DEMO in it, when you mean business.
.env:
	@umask 077; $(PY) -c 'import secrets; print("DEMO=true\nSECRET_KEY=" + secrets.token_urlsafe(50))' > $@
