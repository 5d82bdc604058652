# make demo   the whole road on portraits it draws itself, into demo/
# make test   everything is tested
# make faults everything is broken on purpose, at length: docs/reliability.md (SWIPEGAN_FUZZ=1000: so many inputs a kind)
# make fuzz   inputs that look for new branches, RUNS=1000000 of each kind; then `make faults` writes them down
# make lint   ruff and mypy
# make docs   write docs/commands.md from the help texts, docs/licences.md from what is installed
# make site   the documents as pages that a browser opens, into site/; a broken link ends it
# make audit  ask the Python advisory database about every pinned package; needs a network
# make bench  measure what docs/benchmarks.md quotes and write its tables; BENCH="blending flicker": those alone
#
# TORCH_INDEX: where to take PyTorch from, for people who want its CPU builds:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH_INDEX ?=
EXTRAS ?= all,dev,docs
PYTEST_ARGS ?=
BENCH ?=
RUNS ?= 1000000

.PHONY: demo test faults fuzz lint docs site audit bench clean

demo: $(VENV)/installed
	$(BIN)/swipegan demo demo

test: $(VENV)/installed lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

faults: $(VENV)/installed
	SWIPEGAN_FAULTS=full $(BIN)/python -m pytest $(PYTEST_ARGS) -o junit_family=xunit1 --junitxml=build/faults.xml $$($(BIN)/python tests/faults/fault_report.py --list); \
	status=$$?; mkdir -p build/atheris; $(BIN)/python tests/faults/fault_report.py build/faults.xml build/atheris docs/reliability.md; exit $$status

fuzz: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python tests/faults/fuzz_atheris.py --all build/atheris -runs=$(RUNS)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/installed
	$(BIN)/python -m cli.reference > docs/commands.md
	$(BIN)/python -m benchmarks.licences docs/licences.md

site: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean

audit: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks $(BENCH)

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("swipegan needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV); the first time this fetches some hundred megabytes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install --quiet --constraint constraints.txt --index-url $(TORCH_INDEX) torch)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

clean:
	rm -rf $(VENV) demo site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
