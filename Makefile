# Each target works from nothing but Python 3.11 and make: it makes .venv and installs there.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
DEMO := demo
VA_TRUTH := $(DEMO)/data/annotations/VA_Estimation_Challenge/Validation_Set
MADE_UP := $(DEMO)/data/predictions/va
VA_SAMPLE := $(DEMO)/data/test_set/CVPR_5th_ABAW_VA_test_set_sample.txt

.PHONY: demo test check bench clean

# A small data set, then for each task: predict its frames, and score the predictions; the zip of a
# submission that follows an official sample; last, two predictions compared, and a page about them.
demo: .venv/.base
	rm -rf $(DEMO)
	$(BIN)/abawkit sample $(DEMO)/data
	$(call predict_and_score,va,VA_Estimation_Challenge/Validation_Set)
	$(call predict_and_score,expr,EXPR_Classification_Challenge/Validation_Set)
	$(call predict_and_score,au,AU_Detection_Challenge/Validation_Set)
	$(call predict_and_score,mtl,MTL_Challenge/validation_set.txt)
	@echo
	$(BIN)/abawkit predict --task va --edition 5 --data $(DEMO)/data --like $(VA_SAMPLE) --out $(DEMO)/preds/va5
	$(BIN)/abawkit validate $(DEMO)/preds/va5 --like $(VA_SAMPLE)
	$(BIN)/abawkit pack $(DEMO)/preds/va5 --like $(VA_SAMPLE) -o $(DEMO)/abaw5-va.zip
	@echo
	$(BIN)/abawkit compare $(MADE_UP)/early $(MADE_UP)/late $(VA_TRUTH)
	$(BIN)/abawkit report $(MADE_UP)/early $(MADE_UP)/late $(DEMO)/preds/va $(VA_TRUTH) -o $(DEMO)/report.html
	@echo
	@echo "The labels of the sample are made up, so these scores mean nothing; the path to them is real."

test: .venv/.dev
	$(BIN)/pytest -q

check: .venv/.dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q

bench: .venv/.dev
	$(BIN)/python benchmarks/score.py
	$(BIN)/python benchmarks/bootstrap.py
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/predict.py
	$(BIN)/python benchmarks/heads.py

clean:
	rm -rf .venv $(DEMO)

define predict_and_score
	@echo
	$(BIN)/abawkit predict --task $(1) --data $(DEMO)/data --annotations $(DEMO)/data/annotations/$(2) --out $(DEMO)/preds/$(1)
	$(BIN)/abawkit score $(DEMO)/preds/$(1) $(DEMO)/data/annotations/$(2)
endef

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.base: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) -e '.[report]'
	touch $@

.venv/.dev: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) -e '.[dev,train,report]'
	touch $@ .venv/.base
