# Each verb does its own set-up: Python 3.11, git and make are all that a machine needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# The whole reference set where it is at hand, else the part of it that is in the repository.
FIXTURES := $(firstword $(wildcard ../shared/fixtures/chatglm) tests/golden/chatglm)

.PHONY: help run test check bench bench-memory bench-pipeline bench-engine bench-engine-soak bench-kernels demo-model build format clean

help:  ## Show the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/.run  ## Talk to the demo model in this terminal
	@$(BIN)/glmbot demo

# Two at a time, but for the tests that are marked `alone`: they need the machine for themselves.
test: .venv/.dev  ## Run the tests
	@$(BIN)/pytest -n 2 --dist loadfile -m "not alone"
	@$(BIN)/pytest -m alone tests/faults

check: .venv/.dev  ## Check style, types and the floors of the architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/.dev  ## Run the benchmarks
	@$(BIN)/python benchmarks/fidelity.py $(FIXTURES) --json
	@$(BIN)/python benchmarks/distance.py $(FIXTURES) --demo --json
	@$(BIN)/python -m glmbot.demo.evaluate --json

bench-memory: .venv/.dev  ## Measure ChatGLM-6B's memory with random weights (25 GB of disk, half an hour)
	@for mode in int4 int8 bf16; do $(BIN)/python benchmarks/memory.py --precision $$mode --json || exit 1; done

bench-pipeline: .venv/.bench  ## Measure the whole way of a message next to nonebot2 (7 minutes; OPTIONS="--postgresql URL")
	@$(BIN)/python benchmarks/pipeline.py $(OPTIONS) --json

bench-engine: .venv/.dev .venv/.bench-engine  ## Measure the engine next to chatglm.cpp (half an hour alone on the machine, 20 GB; OPTIONS="--layers 4 --quick")
	@$(BIN)/python benchmarks/engine.py --peer $(OPTIONS) --json

bench-engine-soak: .venv/.dev  ## Let 32 clients talk to the model server for ten minutes
	@$(BIN)/python benchmarks/engine_soak.py --json

bench-kernels: .venv/.dev .venv/.bench-onnxruntime  ## Measure our int4 and int8 kernels next to torch's and onnxruntime's (5 minutes)
	@$(BIN)/python benchmarks/kernels.py --onnxruntime --json

demo-model: .venv/.dev  ## Make the demo model's corpus and weights again (about 85 minutes on two cores)
	@$(BIN)/python -m glmbot.demo.train
	@$(BIN)/python -m glmbot.demo.evaluate

build: .venv/.dev  ## Build the wheel
	@$(BIN)/python -m build --wheel

format: .venv/.dev  ## Format the code
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

clean:  ## Remove what was installed and built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache

KERNELS := tools/hatch_build.py $(wildcard glmbot/serving/compiled/*.[ch])

.venv/.run: pyproject.toml constraints.txt tools/setup.sh $(KERNELS)
	@PYTHON=$(PYTHON) tools/setup.sh local

.venv/.dev: pyproject.toml constraints.txt tools/setup.sh $(KERNELS)
	@PYTHON=$(PYTHON) tools/setup.sh dev

.venv/.bench-engine: .venv/.run tools/setup.sh
	@PYTHON=$(PYTHON) tools/setup.sh chatglm-cpp

.venv/.bench-llama: .venv/.run tools/setup.sh
	@PYTHON=$(PYTHON) tools/setup.sh llama-cpp

.venv/.bench-onnxruntime: .venv/.run tools/setup.sh
	@PYTHON=$(PYTHON) tools/setup.sh onnxruntime

.venv/.bench: pyproject.toml constraints.txt tools/setup.sh
	@PYTHON=$(PYTHON) tools/setup.sh bench
