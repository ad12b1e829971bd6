# The stages of Unrolled as targets. Any setting may be set as a variable: make train TASK=sentiment UNITS=128

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
READY := .venv/.ready
KERNELS := .venv/.kernels
STAGES := data build train evaluate export predict serve tasks ui

# All command-line variables are passed to the program, which knows the valid names and values,
# so that unknown ones are rejected instead of ignored. $(value) preserves a `$` in a text,
# and `$nl` a line break, at which make would end the recipe.
given := $(foreach v,$(filter-out PYTHON MAKE%,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $v))),$v))
tasks ui bench: given := $(given)
given += $(if $(filter environment,$(origin TASK)),TASK)
define newline


endef
quoted = '$(subst $(newline),'"$$nl"',$(subst ','\'',$(1)=$(value $(1))))'
request = $(foreach v,$(given),$(call quoted,$v))

.PHONY: $(STAGES) help setup test bench lint format lock clean

data:      ## prepare a task's data and print its card
build:     ## build and measure the network without training it
train:     ## prepare the data, build, train, evaluate and export in one run
evaluate:  ## evaluate an export on the test split, with the baselines
export:    ## export a run's best weights as a verified SavedModel: RUN=
predict:   ## predict for one raw input: INPUT="..."
serve:     ## serve the exports locally: PORT=
tasks:     ## list the tasks with mode, data, size, metric and champion
ui:        ## show the runs in the MLflow UI: PORT=

$(STAGES): $(KERNELS)
	@nl=$$(printf '\n.') && nl=$${nl%.} && exec .venv/bin/unrolled $@ $(request)

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@nl=$$(printf '\n.') && nl=$${nl%.} && sh scripts/setup.sh $(if $(filter $(STAGES),$(firstword $(MAKECMDGOALS))),$(firstword $(MAKECMDGOALS)) $(request))

$(KERNELS): $(READY) $(wildcard models/kernels/*.py models/kernels/*/*.py)
	@.venv/bin/python -m models.kernels && touch $@

setup: $(KERNELS)  ## create the environment and compile the recurrent kernels
	@.venv/bin/python -m models.kernels

test: $(KERNELS)  ## run all tests
	@.venv/bin/python -m pytest $(or $(TESTS),-n auto --maxprocesses 4 --dist loadfile)

bench: $(KERNELS)  ## benchmark against Keras and PyTorch, all or one: BENCH=lengths TORCH_PYTHON=
	@nl=$$(printf '\n.') && nl=$${nl%.} && exec .venv/bin/python -m benchmarks $(request)

lint: $(READY)  ## check format, lint and types
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet . && .venv/bin/ty check --quiet .

format: $(READY)  ## format the code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

lock: $(READY)  ## update requirements.lock from pyproject.toml
	@sh scripts/lock.sh

clean:  ## remove caches; with ALL=1 also data, runs, exports and the environment
	@rm -rf .pytest_cache .ruff_cache && find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@$(if $(filter command-1,$(firstword $(origin ALL))-$(ALL)),rm -rf .venv data exports mlruns/* mlruns/.lock)

help:  ## show this list
	@printf 'make TARGET [NAME=value ...]\n\nTargets:\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  %-10s %s\n' $$name "$$text"; done
	@printf '\nVariables:\n  TASK              name of the task: '
	@python=$$(sh scripts/python.sh) && $$python -m pipelines.cli --variables
