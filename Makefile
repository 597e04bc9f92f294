# Every target does its own set-up from nothing, in .venv; `make` alone checks and tests.
# Another interpreter: make test PYTHON=/path/to/python3.12

ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo "$$name" && break; done)
endif

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# Nothing here may spend money, whatever the shell it is called from has exported.
unexport REPLICATE_API_TOKEN

.PHONY: all demo test browser check docs bench screenshots gallery
all: check test

## The main plan, offline, from nothing to a playable video.
demo: .venv/runtime.stamp
	@$(BIN)/python main.py --yes
	@echo "  Watch   $(BIN)/streamlit run stream_viewer.py   then open http://localhost:8501"

test: browser
	@$(BIN)/python -m pytest -q -ra -n auto --dist loadfile --no-loadscope-reorder

## The browser tests use the Chromium of this machine. Where there is none apt-get installs it if that needs no
## password; else those tests are skipped, and say so.
browser: .venv/dev.stamp
	@$(BIN)/python -m tests.browser.chromium

check: .venv/dev.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

## Writes what docs/ takes from the code: docs/cli.md and docs/plan.schema.json.
docs: .venv/dev.stamp
	@$(BIN)/python docs/generate.py

## Writes docs/assets/screenshots/, from real runs.
screenshots: browser
	@$(BIN)/python docs/screenshots.py
	@$(BIN)/python docs/screenshots_paid.py

## Writes docs/gallery.md and its contact sheets, from real runs.
gallery: .venv/dev.stamp
	@$(BIN)/python docs/gallery.py

## Each benchmark prints one JSON object on stdout.
bench: browser
	@for file in bench/[a-z]*.py; do echo "== $$file" >&2; $(BIN)/python "$$file" || exit 1; done

.venv/made.stamp:
	@test -n "$(PYTHON)" || { echo "make: needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "make: $(PYTHON) is not Python 3.11, 3.12 or 3.13; name one: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "make: $(PYTHON) cannot make a virtual environment; install its venv package (Debian, Ubuntu: apt install python3-venv)" >&2; exit 2; }
	@echo "Setting up .venv with $(PYTHON), once; about a minute." >&2
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@touch $@

.venv/runtime.stamp: pyproject.toml .venv/made.stamp
	@$(PIP) install -e ".[voice]"
	@touch $@

.venv/dev.stamp: pyproject.toml .venv/made.stamp
	@$(PIP) install -e ".[voice,dev]"
	@touch $@ .venv/runtime.stamp
