"""Every config finds its task, and only that task's modules are imported."""

import subprocess
import sys

import pytest
from paths import REPOSITORY

from cemnet.errors import CEMNetError
from cemnet.training.registry import load_plan


@pytest.mark.parametrize("path", sorted((REPOSITORY / "train" / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_in_the_repository_loads(path):
    assert load_plan(path).settings.num_steps > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "config, absent", [("tiny", "cemnet.training.refiner"), ("refiner", "cemnet.training.networks")]
)
def test_a_plan_imports_no_module_of_the_other_task(config, absent):
    path = REPOSITORY / "train" / "configs" / f"{config}.yaml"
    program = f"""
import sys
from pathlib import Path
from cemnet.training.registry import load_plan
load_plan(Path({str(path)!r}))
print([name for name in sys.modules if name.startswith({absent!r}) or name == "accelerate"])
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"


@pytest.mark.parametrize("text", [None, "{", "refiner: {}\nnum_stpes: 3\n", "num_stpes: 3\n"])
def test_a_config_that_cannot_be_used_is_named(tmp_path, text):
    config = tmp_path / "wrong.yaml"
    if text is not None:
        config.write_text(text)
    with pytest.raises(CEMNetError, match=r"wrong\.yaml"):
        load_plan(config)
