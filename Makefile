# Everything is made inside .venv. `--without-pip` because Debian's python3 has no ensurepip without python3-venv.
PYTHON ?= python3
PIP = $(PYTHON) -m pip --disable-pip-version-check --python .venv
BIN = .venv/bin

.PHONY: demo test test-browser bench bench-cors lock clean

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv --without-pip --clear .venv
	$(PIP) install --quiet --require-hashes --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: .venv/installed
	$(BIN)/python -m demo $(if $(ONCE),--once)

test: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto tests/cors --cov --cov-report=term:skip-covered
	$(BIN)/pytest -n auto --ignore=tests/cors

# The engine's predictions beside what real browsers do: make test-browser SEED=7 CASES=5000
test-browser: .venv/installed
	$(BIN)/python -m tests.browser $(if $(SEED),--seed $(SEED)) $(if $(CASES),--cases $(CASES))

bench: .venv/installed
	$(BIN)/python -m bench; beside_nginx=$$?; $(BIN)/python -m bench.callers && exit $$beside_nginx

bench-cors: .venv/installed
	$(BIN)/python -m bench.cors

# Resolve the newest versions that pyproject.toml allows and pin them with hashes.
lock: .venv/installed
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group dev --generate-hashes --universal \
	    --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	    --output-file requirements.lock

clean:
	rm -rf .venv crossgate-data
