"""The files for `accelerate launch --config_file` are such as accelerate reads, with what the documents say of them."""

import pytest
from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file
from accelerate.utils import DistributedType
from paths import REPOSITORY

FOLDER = REPOSITORY / "train" / "configs" / "accelerate"
PROCESSES = {"one_gpu": (1, 1), "eight_gpus": (1, 8), "several_nodes": (2, 16), "cpu_processes": (1, 2)}


def test_every_file_is_known():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(PROCESSES)


@pytest.mark.parametrize("name", PROCESSES)
def test_accelerate_reads_the_file(name):
    config = load_config_from_file(str(FOLDER / f"{name}.yaml"))
    assert isinstance(config, ClusterConfig)
    assert (config.num_machines, config.num_processes) == PROCESSES[name]
    several = config.num_processes > 1
    assert config.distributed_type == (DistributedType.MULTI_GPU if several else DistributedType.NO)
    assert config.mixed_precision == ("no" if name == "cpu_processes" else "bf16")
