# What people run. `make demo` and `make test` set up what they need on a fresh machine.

PYTHON = .venv/bin/python
RELEASE = swift build --configuration release --static-swift-stdlib --product pipeplan
PREFIX ?= /usr/local
SOURCES = Package.swift Sources Tests
# So many tests run at a time: with all of them at once, minutes pass between two steps of one, and servers hang up meanwhile.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 8

.PHONY: build demo test parity lint format catalog bench fuzz install clean system python

build: system
	$(RELEASE)

# The main job on the embedded sandbox: plan, apply, change, plan, apply, history. No AWS account.
demo: build
	scripts/demo

test: system python lint
	swift build --build-tests
	$(PYTHON) -m pytest -q app
	swift test --skip-build
	$(PYTHON) -m pytest -q Tests/Scenarios/clients
	@if [ -n "$$PIPEPLAN_AWS_RECORDINGS" ]; then $(PYTHON) scripts/parity "$$(swift build --show-bin-path)/pipeplan"; fi

# Plans beside change sets recorded from AWS, in the folder that PIPEPLAN_AWS_RECORDINGS names.
parity: system
	swift build --product pipeplan
	scripts/parity "$$(swift build --show-bin-path)/pipeplan"

# What can be checked without building.
lint: python
	swift format lint --strict --recursive $(SOURCES)
	.venv/bin/cfn-lint stacks/*/pipeline.yml stacks/*/template.yml

# Formats the sources in place.
format:
	swift format --in-place --recursive $(SOURCES)

# Makes the facts on resource types anew from the newest schemas.
catalog: python
	$(PYTHON) scripts/make-catalog.py

# Whole-process times of the release build, its deployments beside those of other programs, which it installs for that, 16 processes that
# deploy through one share, 10,000 random operations with what must be true after each, and what is never to crash: 100,000 spoilt templates.
bench: build python
	scripts/bench --apply --state
	for share in directory moto ministack; do $(PYTHON) scripts/contention --program "$$($(RELEASE) --show-bin-path)/pipeplan" --share $$share || exit 1; done
	$(PYTHON) scripts/contention --program "$$($(RELEASE) --show-bin-path)/pipeplan" --share moto --fault reset-after --kill 0.3
	PIPEPLAN_PROGRAM="$$($(RELEASE) --show-bin-path)/pipeplan" $(PYTHON) -B Tests/Scenarios/clients/random_operations.py
	$(MAKE) fuzz

# Templates spoilt in every way are read, checked and evaluated: findings, never a crash. A sample of 2,000 is among the tests.
fuzz: system
	PIPEPLAN_FUZZ_TEMPLATES=100000 swift test --filter BadInputTests

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -s -m 755 "$$($(RELEASE) --show-bin-path)/pipeplan" $(DESTDIR)$(PREFIX)/bin/pipeplan

clean:
	rm -rf .build

# What the build needs of the system: SQLite, libcurl and zlib, and a Swift toolchain, which can't be installed from here.
system:
	@command -v swift >/dev/null || { echo "pipeplan needs Swift 6.2 or newer: https://www.swift.org/install" >&2; exit 1; }
	@scripts/system-packages libsqlite3-dev libcurl4-openssl-dev zlib1g-dev

# What only tests need, in a virtual environment in the tree.
python:
	@scripts/python-env
