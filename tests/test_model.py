"""The model is loaded to the device that is asked for; what is not there is named."""

import pytest
import torch
from safetensors import safe_open

from cemnet.checkpoint import RELEASED_WEIGHTS, find_weights, load_checkpoint, save_checkpoint
from cemnet.emotion.portrait_emotion import ReferenceEmotionReader
from cemnet.errors import CEMNetError, MissingModelError
from cemnet.face.basis import FaceBasis
from cemnet.model import choose_device, load_model
from cemnet.network import NETWORK_SETS, EmotionNetwork
from cemnet.render.mouth.interior import MouthInterior
from cemnet.render.refiner.network import Refiner
from cemnet.speech.whisper_encoder import WhisperEncoder


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
        assert isinstance(network, torch.nn.Module)
        assert not network.training
        assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_a_users_own_file_goes_before_the_released_one(tmp_path):
    (tmp_path / "emotion_motion.safetensors").write_bytes(b"no weights")
    with pytest.raises(MissingModelError, match=str(tmp_path / "emotion_motion.safetensors")):
        load_model([tmp_path], device="cpu")


@pytest.mark.slow
def test_free_networks_are_others_and_no_licence_of_their_data_forbids_commerce():
    free, best = (load_model(device="cpu", weights=name).network.state_dict() for name in ("free", "best"))
    assert not torch.equal(free["emotion_memory.rest"], best["emotion_memory.rest"])
    with safe_open(find_weights(NETWORK_SETS["free"]), framework="pt") as file:
        metadata = file.metadata()
    assert {each.split()[0] for each in metadata["license"].split("; ")} <= {"Apache-2.0", "CC0"}, metadata["license"]
    assert "ravdess" not in metadata["data"].lower() and "nemo" not in metadata["data"].lower()


def test_networks_that_need_another_speech_encoder_ask_for_it(tmp_path):
    name = NETWORK_SETS["best"]
    tensors, config = load_checkpoint(find_weights(name))
    save_checkpoint(tmp_path / name, tensors, config | {"speech_encoder": "whisper-base"}, "made up", "none")
    with pytest.raises(MissingModelError, match=r"speech_encoder_whisper-base\.safetensors are missing"):
        load_model([tmp_path], device="cpu")
    save_checkpoint(tmp_path / name, tensors, config | {"speech_encoder": 3}, "made up", "none")
    with pytest.raises(CEMNetError, match="no speech encoder '3'"):
        load_model([tmp_path], device="cpu")


def test_networks_are_not_given_states_of_other_sizes_than_they_were_trained_with():
    network = EmotionNetwork.load(find_weights(NETWORK_SETS["best"]))
    network.check_encoder(WhisperEncoder(), "The networks")
    with pytest.raises(MissingModelError, match="'whisper-tiny' \\(5 of 384\\)"):
        network.check_encoder(WhisperEncoder(name="whisper-tiny"), "The networks")
    other = WhisperEncoder(32, 2, 1, "whisper-tiny")
    sentence = (
        r"trained with the speech encoder 'whisper-tiny\.en' \(5 states of 384\), not with 'whisper-tiny' \(2 of 32\)"
    )
    with pytest.raises(MissingModelError, match=sentence):
        network.check_encoder(other, "The networks")


def test_an_unknown_set_of_weights_is_refused_with_the_names_that_exist():
    with pytest.raises(CEMNetError, match="best or free"):
        load_model(device="cpu", weights="commercial")


READERS = {
    "emotion_motion": EmotionNetwork.load,
    "emotion_motion_free": EmotionNetwork.load,
    "face_basis": FaceBasis.load,
    "mouth_interior": MouthInterior.load,
    "reference_emotion": ReferenceEmotionReader.load,
    "refiner": Refiner.load,
    "speech_encoder": WhisperEncoder.load,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_weights_that_lack_a_tensor_or_have_one_too_many_are_refused_with_its_name(tmp_path, name):
    path = tmp_path / f"{name}.safetensors"
    tensors, config = load_checkpoint(RELEASED_WEIGHTS / path.name)
    lost = sorted(tensors)[0]
    for changed in (tensors | {"more": torch.zeros(3)}, {key: tensors[key] for key in tensors if key != lost}):
        save_checkpoint(path, changed, config, "made up", "none")
        with pytest.raises(MissingModelError, match=f"{path.name} .*: .*(more|{lost.rsplit('.', 1)[-1]})"):
            READERS[name](path)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_weights_of_another_shape_are_refused(tmp_path, name):
    path = tmp_path / f"{name}.safetensors"
    tensors, config = load_checkpoint(RELEASED_WEIGHTS / path.name)
    for key in list(tensors)[:2]:
        save_checkpoint(path, tensors | {key: tensors[key].flatten()[1:]}, config, "made up", "none")
        with pytest.raises(MissingModelError, match=f"{path.name} .* is .*, not "):
            READERS[name](path)


def test_a_mesh_of_corners_that_are_not_there_is_refused(tmp_path):
    path = tmp_path / "mouth_interior.safetensors"
    tensors, config = load_checkpoint(RELEASED_WEIGHTS / path.name)
    save_checkpoint(path, tensors | {"lower.faces": tensors["lower.faces"] + 100}, config, "made up", "none")
    with pytest.raises(MissingModelError, match=r"lower\.faces counts more corners than there are"):
        MouthInterior.load(path)
