"""The model is loaded to the device that is asked for; what is not there is named."""

import pytest
import torch

from cemnet.errors import CEMNetError, MissingModelError
from cemnet.model import choose_device, load_model


def test_automatic_choice_is_a_device_that_is_there():
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device("auto").type == expected
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "", "xpu:0", "CPU"])
def test_an_unknown_device_is_refused_with_the_names_that_exist(name):
    with pytest.raises(CEMNetError, match="auto, cpu, cuda or mps") as refused:
        choose_device(name)
    assert repr(name) in str(refused.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_cuda_that_is_not_there_is_refused(name):
    with pytest.raises(CEMNetError, match="no CUDA device"):
        choose_device(name)


def test_networks_are_loaded_ready_to_run():
    model = load_model(device="cpu")
    assert model.device == torch.device("cpu")
    for network in (model.network, model.speech_encoder):
        assert not network.training
        assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_a_users_own_file_goes_before_the_released_one(tmp_path):
    (tmp_path / "emotion_motion.safetensors").write_bytes(b"no weights")
    with pytest.raises(MissingModelError, match=str(tmp_path / "emotion_motion.safetensors")):
        load_model([tmp_path], device="cpu")
