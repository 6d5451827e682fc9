# The front door. Each target does what it needs first; a second run downloads and builds nothing.
.DEFAULT_GOAL := help
.PHONY: help setup assets build demo demo-image demo-detect test interop bench asan fuzz format tidy install clean
SHELL := bash

BUILD ?= build/release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
# -DSTROP_TORCH_INDEX=... and the like; see cmake/torch.cmake.
CMAKE_ARGS ?=
# Rows of the benchmark, all when empty; targets of fuzzing, all when empty, and seconds for each.
ROWS ?=
FUZZ ?=
FUZZ_SECONDS ?= 600

export STROP_ASSETS ?= $(CURDIR)/build/assets
export STROP_DATA ?= $(abspath $(CURDIR)/../shared)

help:
	@echo "make demo      set up, build, fine-tune a sentence encoder on movie lines, show the report's place"
	@echo "make demo-image  the same with pictures: EfficientNet-Lite0 finds faults in textile"
	@echo "make demo-detect  the same with boxes: a detector on EfficientNet-Lite0 learns six classes, then two more"
	@echo "make test      set up, build all, run all tests"
	@echo "make build     the release program: $(BUILD)/bin/strop     make install PREFIX=/usr/local"
	@echo "make interop   files to and from Transformers, timm, PEFT, ONNX Runtime, pycocotools"
	@echo "make bench     against the usual tools in the same run; ROWS='lora_fp32 head' for some rows"
	@echo "make asan      sanitizers over the torch-free folders     make fuzz FUZZ='csv jsonl' FUZZ_SECONDS=600"
	@echo "make format    clang-format     make tidy   clang-tidy     make clean   removes build/ but the downloads"
	@echo "make setup     installs the Debian packages that are missing"

setup:
	@scripts/setup.sh build

assets: | setup
	@scripts/fetch_assets.sh

# The program and the library; their tests take longer to compile and are built by `test`.
build: setup
	@TARGETS="strop strop_shared" scripts/build.sh release $(BUILD) $(JOBS) $(CMAKE_ARGS)

demo: assets build
	@scripts/demo.sh $(BUILD)

demo-image: build
	@scripts/fetch_assets.sh efficientnet_lite0 textile
	@scripts/demo_image.sh $(BUILD)

demo-detect: build
	@scripts/fetch_assets.sh efficientnet_lite0 fashion_mnist
	@scripts/demo_detect.sh $(BUILD)

test: assets
	@scripts/build.sh release $(BUILD) $(JOBS) $(CMAKE_ARGS)
	@scripts/setup.sh --optional browser
	@scripts/fetch_assets.sh efficientnet_lite0 mobilenet_v2 || echo "make test: the test of these networks will be skipped"
	@ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS)

interop: build assets
	@TARGETS=text_test scripts/build.sh release $(BUILD) $(JOBS)
	@scripts/fetch_assets.sh photographs
	@scripts/venv.sh
	@STROP=$(abspath $(BUILD))/bin/strop build/venv/bin/python -m pytest tests/interop -q

bench: build assets
	@scripts/venv.sh
	@build/venv/bin/python bench/run.py --strop $(BUILD)/bin/strop $(ROWS)

asan: setup
	@scripts/build.sh asan build/asan $(JOBS)
	@ctest --test-dir build/asan --output-on-failure --parallel $(JOBS)

fuzz:
	@scripts/setup.sh build fuzz
	@TARGETS=fuzzers scripts/build.sh fuzz build/fuzz $(JOBS)
	@scripts/fuzz.sh build/fuzz $(FUZZ_SECONDS) $(JOBS) $(FUZZ)

format:
	@scripts/setup.sh format
	@git ls-files '*.cc' '*.h' | xargs clang-format -i

tidy:
	@scripts/setup.sh build tidy
	@scripts/build.sh tidy build/tidy $(JOBS)

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

# Downloads are kept: they are checked by their SHA-256 when used again.
clean:
	@find build -mindepth 1 -maxdepth 1 ! -name downloads ! -name torch -exec rm -rf {} + 2>/dev/null || true
