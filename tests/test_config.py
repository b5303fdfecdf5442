"""A config survives being stored, and a name that it does not know is refused."""

import json

import pytest
from small_model import SMALL

from cemnet.config import ModelConfig


@pytest.mark.parametrize("config", [ModelConfig(), SMALL])
def test_a_config_comes_back_from_plain_values(config):
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_what_is_not_given_is_as_released():
    config = ModelConfig.from_dict({"motion": {"num_blocks": 2}})
    assert config.motion.num_blocks == 2
    assert config.motion.hidden_dim == ModelConfig().motion.hidden_dim
    assert config.audio_emotion == ModelConfig().audio_emotion
    assert config.speech_encoder == "whisper-tiny.en"


def test_an_unknown_name_is_refused():
    with pytest.raises(TypeError, match="num_block"):
        ModelConfig.from_dict({"motion": {"num_block": 2}})
