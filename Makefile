# The targets a person needs: `make demo` and `make test`. The rest is for those who change pstui.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Another Python beside this one has a folder of its own: make test PYTHON=python3.12 VENV=.venv-3.12
# Extras beside [test], as for pip: EXTRAS=kerberos,credssp. Parts whose absence is a failure: REQUIRE=sshd,tmux.
EXTRAS ?=
REQUIRE ?=
# Test files run side by side in this many processes; 0 is one after the other. Tests wait for other programs a good
# part of their time, so four suit two cores.
JOBS ?= 4
comma := ,
# Where this is set, every program that the tests start compiles pstui anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check lint types types-win32 types-darwin docs fuzz faults soak mutants bench screenshots share wheel zipapp clean

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "pstui needs Python 3.11 or later; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "This Python has no venv module. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test$(if $(EXTRAS),$(comma)$(EXTRAS))]'
	@touch $@ $(VENV)/.run

$(VENV)/.check: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,check]'
	@touch $@

$(VENV)/.package: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[package]'
	@touch $@

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

demo: $(VENV)/.run
	@$(BIN)/pstui demo

test: $(VENV)/.test
	PSTUI_REQUIRE='$(REQUIRE)' $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types types-win32 types-darwin

lint: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.check .typing/pstui
	$(BIN)/mypy -p pstui.backends -p pstui.config -p pstui.tui -p tests

types-win32 types-darwin: types-%: $(VENV)/.check .typing/pstui
	$(BIN)/mypy --platform $* --cache-dir .mypy_cache/$* -p pstui.backends -p pstui.config -p pstui.tui

# The pages of docs/ as a site, in build/site. A dead link is a failure; with --quiet it would be none.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# mypy knows the rooms by the names they are imported under.
.typing/pstui:
	@mkdir -p $@
	@for room in tui backends config; do ln -sfn ../../$$room $@/$$room; done

# Each subject of tests/fuzz for a minute: make fuzz ARGS='--seconds 600 clixml'. Then the readers of ssh_config and
# known_hosts against OpenSSH's own, on many more files than the tests read, and the emulators on hostile feeds.
fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz $(ARGS)
	PSTUI_FUZZ=20000 $(BIN)/python -m pytest tests/backends/transports/ssh/test_config_reader.py \
	  tests/backends/transports/ssh/test_known_hosts.py tests/tui/terminal/test_hostile_feeds.py \
	  tests/backends/psrp/test_host_generated.py --timeout 3600

# Every case of the harmed connections: each way, each step, each kind of harm.
faults: $(VENV)/.test
	PSTUI_FAULTS=10000 $(BIN)/python -m pytest tests/backends/transports/test_harmed_ways.py tests/backends/files/test_harmed_copies.py -q $(ARGS)

# A long day in ten minutes: 200 sessions, 20 busy. make soak ARGS='50 5 1' is a shorter one.
soak: $(VENV)/.test
	$(BIN)/python -m tests.soak $(ARGS)

# Planted faults, applied one by one in a copy: each must be caught by the tests that it names.
mutants: $(VENV)/.test
	$(BIN)/python -m tests.mutants $(ARGS)

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

screenshots: $(VENV)/.test
	$(BIN)/python -m tests.screenshots

# The manual page and the completions that the wheel installs, anew from the declarations.
share: $(VENV)/.run
	$(BIN)/pstui man >docs/pstui.1
	$(BIN)/pstui completion bash >share/bash-completion/completions/pstui
	$(BIN)/pstui completion zsh >share/zsh/site-functions/_pstui
	$(BIN)/pstui completion fish >share/fish/vendor_completions.d/pstui.fish

# dist/*.whl and dist/*.tar.gz, looked through and installed into an empty environment.
wheel: $(VENV)/.package
	$(BIN)/python -m tests.packages

# dist/pstui.pyz, pstui and its libraries in one file for this Python and this system: make zipapp EXTRAS=kerberos
zipapp: $(VENV)/.run
	EXTRAS='$(EXTRAS)' $(BIN)/python -m tests.zipapp

clean:
	rm -rf $(VENV) .venv-* snapshot_report.html .typing build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
