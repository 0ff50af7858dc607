SHELL := bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
RASA := RASA_TELEMETRY_ENABLED=false SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3 .venv-rasa/bin/python
MODEL := models/goodterms.tar.gz
TRAINED_FROM := domain.yml config.yml $(shell find data/nlu data/rules data/stories bot/inside_rasa -name '*.yml' -o -name '*.py' 2>/dev/null)

.PHONY: help demo test test-fast lint format conversations pictures bench bench-scale lock ours dev rasa model clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ours rasa model  ## set up, train if needed, load the demo customers, start everything, print the addresses
	@exec $(PY) -m bot.cli demo

test: dev rasa model  ## set up and run every test
	@$(PY) tests/run_all.py

test-fast: dev  ## the quick tests only: no Rasa, no browser, no processes
	@$(PY) -m pytest -q -m "not slow" --ignore=tests/browser --ignore=tests/end_to_end --ignore=tests/inside_rasa

lint: dev  ## ruff, mypy, the layers
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

conversations: dev rasa model  ## play ten dialogues on the demo and write docs/conversations.md
	@$(PY) -m tests.end_to_end.write_conversations

pictures: dev  ## take the pictures of docs/agents.md anew
	@GT_TEST_GUIDE=docs/pictures $(PY) -m pytest -q tests/browser/test_guide.py

format: dev  ## format the code
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

bench: dev rasa model  ## measure: turn time, turns per second, start, memory; import and ledger at scale
	@$(PY) -m benchmarks

bench-scale: dev  ## measure import, balances, sweeps and ledger at scale alone; SCALE=0.05 for a part
	@GT_BENCH_SCALE=$(SCALE) $(PY) -m benchmarks.scale

nlu-report: rasa model  ## how well it understands unseen sentences; FILES="a.yml" for other ones than docs/nlu.md shows
	@$(RASA) -m tests.nlu.report $(FILES)

lock: dev  ## resolve the locks afresh
	@uv=$$(command -v uv || echo .venv/bin/uv); \
	$$uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade pyproject.toml --group build -o requirements/ours.txt && \
	$$uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade pyproject.toml --group build --group dev -c requirements/ours.txt -o requirements/dev.txt && \
	$$uv pip compile -q --python-version 3.10 --generate-hashes --no-header --no-emit-index-url --upgrade --override requirements/rasa-overrides.txt --group pyproject.toml:rasa -o requirements/rasa.txt

ours:
	@deploy/setup.sh ours

dev:
	@deploy/setup.sh dev

rasa:
	@deploy/setup.sh rasa

model: rasa $(MODEL)

$(MODEL): $(TRAINED_FROM)
	@$(RASA) -m bot.inside_rasa.train

clean:  ## remove the environments, the model and all state
	rm -rf .venv .venv-rasa models var .rasa .pytest_cache .mypy_cache .ruff_cache
