"""Configs in yaml, and the sentences for names that do not exist."""

import pytest

from cemnet.errors import CEMNetError
from cemnet.training.networks.settings import TrainingSettings


def test_a_config_with_an_unknown_name_says_so(tmp_path):
    config = tmp_path / "wrong.yaml"
    config.write_text("num_stpes: 3\n")
    with pytest.raises(CEMNetError, match="num_stpes"):
        TrainingSettings.load(config)
    config.write_text("model: {motion: {hiden_dim: 3}}\n")
    with pytest.raises(CEMNetError, match="hiden_dim"):
        TrainingSettings.load(config)
