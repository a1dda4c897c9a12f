PYTHON ?= python

EXPERIMENTS := $(notdir $(patsubst %/config.toml,%,$(wildcard experiments/*/config.toml)))

.PHONY: bench check format lint types test experiments $(EXPERIMENTS:%=experiment-%)

check: lint types test

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest

experiments: $(EXPERIMENTS:%=experiment-%)

$(EXPERIMENTS:%=experiment-%): experiment-%:
	$(PYTHON) experiments/run.py $*

BENCHMARKS := tagging growth training adding kb_scale thesaurus annotating streaming precision batches fitting neighbours profiling

bench:
	for name in $(BENCHMARKS); do $(PYTHON) -m experiments.speed.$$name $(BENCH) || exit 1; done
