# Everything goes through installer/bootstrap.py, which also works without make and on Windows.
PYTHON ?= python3
ARGS ?=
SUITE ?=

.PHONY: demo test lint bench hostile truth venv clean

demo: ; @$(PYTHON) installer/bootstrap.py demo $(ARGS)

test: ; @$(PYTHON) installer/bootstrap.py test $(ARGS)

lint: ; @$(PYTHON) installer/bootstrap.py lint

bench: ; @$(PYTHON) installer/bootstrap.py bench $(SUITE)

hostile: ; @$(PYTHON) installer/bootstrap.py hostile $(ARGS)

truth: ; @$(PYTHON) installer/bootstrap.py truth $(ARGS)

venv: ; @$(PYTHON) installer/bootstrap.py venv

clean: ; @$(PYTHON) installer/bootstrap.py clean
