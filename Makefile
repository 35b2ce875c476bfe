# One virtual environment, made once; every target below installs what is missing and then does one thing.
VENV ?= .venv
BIN := $(VENV)/bin
SUITABLE = import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUITABLE)' 2>/dev/null && { echo $$p; break; }; done)
RUN_INSTALLED := $(VENV)/.installed
DEV_INSTALLED := $(VENV)/.installed-dev

# The tests start processes of their own; more threads than cores only slow them down.
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test coverage check bench bench-speed bench-digits bench-classical bench-uda bench-selection bench-testtime
.PHONY: bench-rank bench-finetune bench-text docs dist clean

help:
	@echo "make demo    install, adapt handwritten digits to another domain, write demo-run/report.html"
	@echo "make test    install what is missing, run the tests"
	@echo "make coverage   the tests once more, with the lines and branches that they miss; a quarter slower"
	@echo "make check   lint, format, types, layers"
	@echo "make docs    build the documentation into build/docs"
	@echo "make bench   the benchmark tables, speed then digits (the digits take an hour or two, resumable)"
	@echo "make bench-classical   the classical methods' speed, growth and accuracy (two or three hours, resumable)"
	@echo "make bench-uda   the deep methods' speed and accuracy (a night, resumable)"
	@echo "make bench-selection   sixteen candidates on 100 shifts, and every rule of choice on them (resumable)"
	@echo "make bench-testtime   methods for test time under every protocol, their errors and cost (a night, resumable)"
	@echo "make bench-rank   scores of pretrained models: speed, and how well they foresee fine-tuning (an hour, resumable)"
	@echo "make bench-finetune   strategies and regularisers of fine-tuning, 15 to 100 % of the labels (two hours, resumable)"
	@echo "make bench-text   texts of four departments, twelve pairs, frozen, trained and by adapters (two or three hours, resumable)"
	@echo "make dist    wheel and sdist into dist/"

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Acclimate needs Python 3.11, 3.12 or 3.13 on the PATH." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_INSTALLED): pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV_INSTALLED): pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(RUN_INSTALLED)

# A second `make demo` finishes an interrupted run, and says where the report is if it had finished.
demo: $(RUN_INSTALLED)
	$(BIN)/acclimate adapt --demo --out demo-run $$(test -e demo-run && echo --resume)
	@echo "Open demo-run/report.html in a browser."

test: $(DEV_INSTALLED)
	$(BIN)/python -m pytest --numprocesses 2

coverage: $(DEV_INSTALLED)
	$(BIN)/python -m pytest --numprocesses 2 --cov --cov-report term-missing:skip-covered --cov-fail-under 95

check: $(DEV_INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(DEV_INSTALLED)
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs

bench: bench-speed bench-digits

bench-speed: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.speed

bench-digits: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.digits_accuracy

bench-classical: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.classical_speed
	$(BIN)/python -m benchmarks.classical_growth
	$(BIN)/python -m benchmarks.classical_accuracy

bench-uda: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.uda_speed
	$(BIN)/python -m benchmarks.uda_accuracy

bench-selection: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.selection_raw --jobs 2
	$(BIN)/python -m benchmarks.selection_study --jobs 2 --peers

bench-testtime: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.testtime_accuracy

bench-rank: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.rank_speed
	$(BIN)/python -m benchmarks.rank_accuracy

bench-finetune: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.finetune_speed
	$(BIN)/python -m benchmarks.finetune_accuracy

bench-text: $(DEV_INSTALLED)
	$(BIN)/python -m benchmarks.text_accuracy

dist: $(DEV_INSTALLED)
	rm -rf dist
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) .venv-wheel build dist demo-run
