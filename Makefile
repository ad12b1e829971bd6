# The stages of Unrolled as targets. Any setting may be given as a variable: make train TASK=sentiment UNITS=128

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
READY := .venv/.ready
KERNELS := .venv/.kernels
STAGES := data build train evaluate export predict serve tasks ui

# Every variable of the command line goes to the program, which knows the names and the choices,
# so that a misspelt one is answered instead of ignored. $(value) keeps a `$` in a text as it is,
# and `$nl` a line break, at which make would cut the recipe.
given := $(foreach v,$(filter-out PYTHON MAKE%,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $v))),$v))
tasks ui bench: given := $(given)
given += $(if $(filter environment,$(origin TASK)),TASK)
define newline


endef
quoted = '$(subst $(newline),'"$$nl"',$(subst ','\'',$(1)=$(value $(1))))'
request = $(foreach v,$(given),$(call quoted,$v))

.PHONY: $(STAGES) help setup test bench lint format lock clean

data:      ## prepare a task's data and print its card
build:     ## resolve the settings, build the network, measure it; train nothing
train:     ## data, build, fit, evaluate and export in one run
evaluate:  ## the export on the test split, against the baselines
export:    ## a run's best weights as a verified SavedModel: RUN=
predict:   ## one raw input through the export: INPUT="..."
serve:     ## the local server on the exports: PORT=
tasks:     ## every task with its mode, data, size, metric and champion
ui:        ## the MLflow pages on the runs: PORT=

$(STAGES): $(KERNELS)
	@nl=$$(printf '\n.') && nl=$${nl%.} && exec .venv/bin/unrolled $@ $(request)

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@nl=$$(printf '\n.') && nl=$${nl%.} && sh scripts/setup.sh $(if $(filter $(STAGES),$(firstword $(MAKECMDGOALS))),$(firstword $(MAKECMDGOALS)) $(request))

$(KERNELS): $(READY) $(wildcard models/kernels/*.py)
	@.venv/bin/python -m models.kernels && touch $@

setup: $(KERNELS)  ## the environment alone; compiles the recurrent kernels for this processor
	@.venv/bin/python -m models.kernels

test: $(KERNELS)  ## all tests
	@.venv/bin/python -m pytest $(or $(TESTS),-n auto --maxprocesses 4 --dist loadfile)

bench: $(KERNELS)  ## measure beside Keras and PyTorch, all or one: BENCH=lengths TORCH_PYTHON=
	@nl=$$(printf '\n.') && nl=$${nl%.} && exec .venv/bin/python -m benchmarks $(request)

lint: $(READY)  ## format, lint, types, the direction of imports
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet . && .venv/bin/ty check --quiet .

format: $(READY)  ## put the code in order
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

lock: $(READY)  ## write requirements.lock anew from pyproject.toml
	@sh scripts/lock.sh

clean:  ## remove caches, and with ALL=1 data, runs, exports and the environment too
	@rm -rf .pytest_cache .ruff_cache && find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@$(if $(filter command-1,$(firstword $(origin ALL))-$(ALL)),rm -rf .venv data exports mlruns/* mlruns/.lock)

help:  ## this list
	@printf 'make TARGET [NAME=value ...]\n\nTargets:\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  %-10s %s\n' $$name "$$text"; done
	@printf '\nVariables:\n  TASK              what is to be learned: '
	@python=$$(sh scripts/python.sh) && $$python -m pipelines.cli --variables
