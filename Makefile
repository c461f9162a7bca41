# The main job:  make demo   (then http://127.0.0.1:8000/)      All tests:  make test
PYTHON ?= python3
SERVE ?= 1
VENV := .venv
BIN := $(VENV)/bin
MO := $(patsubst %.po,%.mo,$(wildcard tansiq/locale/*/LC_MESSAGES/django.po))

.PHONY: demo test test-slow test-postgres check bench messages lock clean

demo: $(VENV)/.run $(MO)
ifeq ($(SERVE),0)
	$(BIN)/tansiq demo --no-serve
else
	$(BIN)/tansiq demo
endif

# The browser tests drive Debian's chromium (and what drives it needs libatomic); where these cannot be had the tests
# are skipped and say so.
.PHONY: chromium
chromium:
	@{ [ -x /usr/bin/chromium ] && ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1; } || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium libatomic1 >/dev/null; } || \
	  echo "chromium is not here and could not be installed: the browser tests are skipped" >&2

# Two at once. A file's tests stay together and in order: what they share (a running site, a loaded programme) is made once.
SHARED := -n 2 --dist loadfile --no-loadscope-reorder

test: $(VENV)/.dev $(MO) chromium
	$(BIN)/python -m pytest $(SHARED) -m "not slow and not postgres"

test-slow: $(VENV)/.dev $(MO)
	$(BIN)/python -m pytest $(SHARED) -m "slow and not postgres" || [ $$? -eq 5 ]

# Not run a second time on PostgreSQL: what opens no database, runs in processes of its own on the embedded one, or turns
# files into files by the loader that is tried there.
NOT_TWICE = house config/test_copying.py config/test_other_countries.py config/test_running.py config/test_workbook.py \
  core/test_dates.py core/test_docx.py core/test_language.py core/test_pdf.py core/test_suppression.py \
  core/test_tables.py field/test_libraries.py participation/test_qrcodes.py participation/test_reports.py \
  participation/test_stays.py people/test_names.py

# Starts nothing by itself: TANSIQ_TEST_DATABASE_URL=postgres://user:password@host:port/name
test-postgres: $(VENV)/.dev $(MO)
	@test -n "$$TANSIQ_TEST_DATABASE_URL" || { echo "Set TANSIQ_TEST_DATABASE_URL, for example postgres://tansiq@127.0.0.1:5432/tansiq" >&2; exit 2; }
	TANSIQ_DATABASE_URL="$$TANSIQ_TEST_DATABASE_URL" $(BIN)/python -m pytest $(SHARED) -m "not browser and not slow" $(NOT_TWICE:%=--ignore=tests/%)

check: $(VENV)/.dev $(MO)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy tansiq
	TANSIQ_DATA=$$(mktemp -d) $(BIN)/tansiq makemigrations --check --dry-run
	$(BIN)/python scripts/messages.py check

bench: $(VENV)/.dev $(MO)
	$(BIN)/python -m benchmarks

# Collects what the code says into the .po files; what is new stands there untranslated until someone translates it.
messages: $(VENV)/.dev
	$(BIN)/python scripts/messages.py update

lock:
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements-dev.lock

# Two marks: run time only, and run time with the development tools. Both are exact versions with hashes.
$(VENV)/.uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	touch $@

$(VENV)/.run: $(VENV)/.uv requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.uv requirements-dev.lock pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@ $(VENV)/.run

%.mo: %.po $(VENV)/.uv | $(VENV)/.run
	$(BIN)/pybabel --quiet compile -i $< -o $@

clean:
	rm -rf $(VENV) var $(MO)
