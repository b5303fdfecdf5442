"""A launcher that starts one process in place of several is noticed."""

import psutil
import pytest

from cemnet.errors import CEMNetError
from cemnet.training import launching
from cemnet.training.launching import processes_asked_for, refuse_lost_processes


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (["python", "/usr/bin/accelerate", "launch", "--num_processes", "2", "train/train.py"], 2),
        (["python", "-m", "accelerate.commands.launch", "--num-processes=3", "train/train.py"], 3),
        (["python", "/usr/bin/accelerate", "launch", "--cpu", "train/train.py"], 1),
        (["python", "/usr/bin/accelerate", "launch", "--num_processes", "many"], 1),
        (["bash", "-c", "sleep", "--num_processes", "2"], 1),
        ([], 1),
    ],
)
def test_the_number_of_processes_is_read_from_the_command(command, asked):
    assert processes_asked_for(command) == asked


def test_lost_processes_are_refused_and_those_that_are_there_are_not(monkeypatch):
    command = ["python", "accelerate", "launch", "--num_processes", "2", "train/train.py"]
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: command)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(CEMNetError, match="torchrun --nproc_per_node 2"):
        refuse_lost_processes()
    monkeypatch.setenv("WORLD_SIZE", "2")
    refuse_lost_processes()
    monkeypatch.delenv("WORLD_SIZE")
    monkeypatch.setattr(launching, "processes_asked_for", lambda command: 1)
    refuse_lost_processes()


def test_a_config_file_asks_for_processes_unless_an_option_does(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text("num_processes: 2\n")
    launch = ["python", "accelerate", "launch", "--config_file", str(path)]
    assert processes_asked_for([*launch, "train/train.py"]) == 2
    assert processes_asked_for([*launch, "--num_processes", "1", "train/train.py"]) == 1
    path.write_text("{")
    assert processes_asked_for([*launch, "train/train.py"]) == 1
