"""Which task a yaml file asks for. Only the modules of that task are imported."""

from pathlib import Path

import yaml

from ..errors import CEMNetError
from .task import TaskPlan


def load_plan(config: Path) -> TaskPlan:
    """The refiner's task if the yaml file has a `refiner` entry, else that of AEE, EBM and the motion decoder.

    CEMNetError if the file cannot be read or names settings that do not exist.
    """
    try:
        trains_refiner = "refiner" in (yaml.safe_load(config.read_text()) or {})
    except (OSError, yaml.YAMLError) as error:
        raise CEMNetError(f"The config {config} cannot be read: {error}") from error
    if trains_refiner:
        from .refiner.task import plan_refiner

        return plan_refiner(config)
    from .networks.task import plan_networks

    return plan_networks(config)
