# GNU make; `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run test check bench assets messages screenshots

# Any Python from 3.11 on; the pinned packages are tried on 3.11.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv/bin/python
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 14

run: export DEBUG ?= true
run: .venv/installed ## set everything up and serve on http://127.0.0.1:8000 (PORT=… overrides)
	@scripts/install_system_packages.sh run
	@$(VENV) -m nexusvpn.local.assets
	@exec $(VENV) manage.py run_local

test: .venv/installed ## set everything up and run the whole test suite (ARGS=… goes to pytest)
	@scripts/install_system_packages.sh test
	@$(VENV) -m nexusvpn.local.assets
	@$(VENV) -m nexusvpn.local.assets --test
	$(VENV) -m pytest -n 2 $(ARGS)

check: .venv/installed ## lint, format, types, import rules, migrations, check --deploy
	@scripts/check.sh

bench: .venv/installed ## run the benchmarks and print the table (ARGS=… chooses some)
	@scripts/install_system_packages.sh test
	@$(VENV) -m nexusvpn.local.assets
	$(VENV) -m bench $(ARGS)

screenshots: .venv/installed ## pictures of every page, both widths, schemes and languages, into screenshots/
	@scripts/install_system_packages.sh test
	@$(VENV) -m nexusvpn.local.assets
	@rm -rf screenshots
	SCREENSHOTS=screenshots SCREENSHOT_LANGUAGE=en $(VENV) -m pytest -q -n 2 --dist load tests/browser/test_every_*page.py
	SCREENSHOTS=screenshots SCREENSHOT_LANGUAGE=de $(VENV) -m pytest -q -n 2 --dist load tests/browser/test_every_*page.py

messages: .venv/installed ## bring the catalogues of translations up to what the sources say
	@$(VENV) -m nexusvpn.local.messages

assets: .venv/installed ## build the style sheet and the page scripts, if their sources changed
	@$(VENV) -m nexusvpn.local.assets

.venv/installed: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; $(PYTHON) is older (PYTHON=… chooses another)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/install_system_packages.sh venv
	@test -x $(VENV) || $(PYTHON) -m venv .venv
	@echo "Installing the pinned Python packages …"
	@$(VENV) -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@
