"""Which task a yaml file asks for. Only the modules of that task are imported."""

from collections.abc import Sequence
from pathlib import Path

from .config_file import read_config
from .task import TaskPlan


def load_plan(config: Path, overrides: Sequence[str] = ()) -> TaskPlan:
    """The refiner's task if the yaml file has a `refiner` entry, else that of AEE, EBM and the motion decoder.

    `overrides` are settings as `name=value`. CEMNetError if the file cannot be read or names settings that cannot be.
    """
    if "refiner" in read_config(config, overrides):
        from .refiner.task import plan_refiner

        return plan_refiner(config, overrides)
    from .networks.task import plan_networks

    return plan_networks(config, overrides)
