"""The task of AEE, EBM and the motion decoder starts knowing its data and releases a model that loads."""

from dataclasses import replace

import pytest
import torch
from small_model import SMALL

from cemnet.errors import MissingModelError
from cemnet.network import NETWORK_WEIGHTS, EmotionNetwork
from cemnet.speech.encoders import load_speech_encoder
from cemnet.speech.whisper_encoder import WhisperEncoder
from cemnet.training.networks import feature_clips
from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.feature_clips import STYLES
from cemnet.training.networks.settings import DataSettings, TrainingSettings
from cemnet.training.networks.task import build_network, build_task
from cemnet.training.networks.temperature import TEMPERATURES
from cemnet.training.networks.voice_statistics import VoiceTable
from cemnet.training.task import build_optimizer, start_from, total_loss

pytestmark = pytest.mark.slow

SETTINGS = TrainingSettings(
    model=SMALL,
    data=DataSettings(generated_clips=4, voice_augmentations=0),
    num_steps=2,
    batch_size=2,
    temperature_folds=0,
)


def test_a_new_network_knows_the_scale_and_the_styles_of_its_voices(trained_clips, trained_voices):
    network = build_network(SETTINGS, trained_clips, trained_voices)
    mean, deviation, around = trained_voices.scale
    torch.testing.assert_close(network.audio_emotion.statistics_mean, mean)
    torch.testing.assert_close(network.audio_emotion.statistics_scale, deviation)
    torch.testing.assert_close(network.audio_emotion.deviation_scale, around)
    heard = {STYLES[clip.style] for clip in trained_clips.clips}
    assert {STYLES[index] for index in network.audio_emotion.style_heard.nonzero().flatten()} == heard
    assert 0 < len(heard) < len(STYLES)


def test_the_temperature_is_kept_without_folds_and_chosen_with_them(trained_clips):
    voices = VoiceTable.of(trained_clips.clips, seed=0)
    kept = replace(SETTINGS, model=replace(SMALL, audio_emotion=replace(SMALL.audio_emotion, temperature=7.0)))
    assert build_network(kept, trained_clips, voices).config.audio_emotion.temperature == 7.0
    chosen = build_network(replace(kept, temperature_folds=1), trained_clips, voices).config.audio_emotion.temperature
    assert TEMPERATURES.min() <= chosen <= TEMPERATURES.max()


def test_a_task_feeds_its_objective_and_releases_a_model_that_loads(tmp_path):
    torch.manual_seed(0)
    task = build_task(SETTINGS, tmp_path, torch.device("cpu"))
    losses = task.objective(next(iter(task.loader)))
    assert {name for name in losses if not name.startswith("monitor_")} == set(SETTINGS.loss_weights) - {"captured"}
    path = task.release(tmp_path)
    assert path.parent == tmp_path
    assert EmotionNetwork.load(path).config == SMALL


def test_a_network_begins_alike_whether_its_voices_were_heard_before_or_not(tmp_path):
    weights = []
    for _ in range(2):
        torch.manual_seed(0)
        weights.append(build_task(SETTINGS, tmp_path, torch.device("cpu")).network.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_validation_speaks_with_the_voices_that_are_not_learned_from(tmp_path):
    data = replace(SETTINGS.data, validation_speakers=("babble/babbler_0", "babble/babbler_1"))
    settings = replace(SETTINGS, data=data, validate_every=1, validation_batches=2)
    task = build_task(settings, tmp_path, torch.device("cpu"))
    assert task.validation is not None and task.validation.num_batches == 2
    pairs = task.validation.examples
    assert isinstance(pairs, CrossPairs)
    heard = {name for number in range(2) for name in pairs.sources(task.validation.batch(number))}
    assert heard and heard <= {"babble/babble_0000", "babble/babble_0001"}
    learned = set(task.sources(next(iter(task.loader))))
    assert learned and not learned & heard
    assert task.validation.objective.network is task.network
    again = build_task(replace(settings, seed=1), tmp_path, torch.device("cpu")).validation
    assert again is not None and isinstance(again.examples, CrossPairs)
    assert again.examples.seed == pairs.seed  # runs of different seeds can be compared


def test_parts_that_do_not_learn_stay_as_they_are(tmp_path):
    settings = replace(SETTINGS, learns=("emotion_memory", "motion_decoder"), learning_rate=0.1)
    task = build_task(settings, tmp_path, torch.device("cpu"))
    before = {name: tensor.clone() for name, tensor in task.network.state_dict().items()}
    optimizer, _ = build_optimizer(task.objective, settings)
    total_loss(task.objective(next(iter(task.loader))), settings.loss_weights).backward()
    optimizer.step()
    changed = {
        name.split(".")[0] for name, tensor in task.network.state_dict().items() if not tensor.equal(before[name])
    }
    assert changed == {"emotion_memory", "motion_decoder"}


@pytest.fixture
def another_encoder(monkeypatch) -> list[str]:
    """Training finds a small untrained encoder under the name whisper-base; the list fills with what was loaded."""
    loaded = []

    def load(name):
        loaded.append(name)
        torch.manual_seed(0)
        return WhisperEncoder(16, 2, 2, name).eval() if name == "whisper-base" else load_speech_encoder(name)

    monkeypatch.setattr(feature_clips, "load_speech_encoder", load)
    return loaded


def test_networks_fit_the_encoder_that_they_are_trained_with_and_name_it(tmp_path, another_encoder):
    settings = replace(SETTINGS, model=replace(SMALL, speech_encoder="whisper-base"))
    for each in (SETTINGS, settings):  # features of one are not taken for the other's
        task = build_task(each, tmp_path, torch.device("cpu"))
        assert all(loss.isfinite() for loss in task.objective(next(iter(task.loader))).values())
        network = EmotionNetwork.load(task.release(tmp_path))
    assert another_encoder == ["whisper-tiny.en", "whisper-base"]
    hearing = network.config.audio_emotion
    assert (network.config.speech_encoder, hearing.encoder_dim, hearing.encoder_states) == ("whisper-base", 16, 3)
    network.check_encoder(WhisperEncoder(16, 2, 2, "whisper-base"), "The networks")
    build_task(settings, tmp_path, torch.device("cpu"))
    assert len(another_encoder) == 2  # the features are there

    weights = tmp_path / NETWORK_WEIGHTS
    with pytest.raises(MissingModelError, match=r"trained with the speech encoder whisper-base, not whisper-tiny\.en"):
        start_from(EmotionNetwork(SMALL), weights)
