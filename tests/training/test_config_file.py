"""Settings are read, overridden and checked before any work; what is wrong is one sentence with the nearest name."""

import pytest
from paths import REPOSITORY

from cemnet.errors import CEMNetError
from cemnet.training.config_file import read_config
from cemnet.training.networks.settings import LOSS_WEIGHTS, TrainingSettings
from cemnet.training.refiner.objective import RefinerSettings


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "run.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("num_stpes: 3", r"num_stpes.*Did you mean num_steps\?"),
        ("model: {motion: {hiden_dim: 3}}", r"model\.motion\.hiden_dim.*model\.motion\.hidden_dim\?"),
        ("loss_weights: {cross_reconstuction: 1}", r"cross_reconstuction.*loss_weights\.cross_reconstruction\?"),
        ("learning_rate: 1e-4", r"learning_rate has to be a number, not '1e-4'\. Write 1\.0e-04"),
        ("num_steps: 10.5", "num_steps has to be a whole number, not 10.5"),
        ("num_steps: true", "num_steps has to be a whole number, not True"),
        ("checkpoint_every: 0", "checkpoint_every has to be at least 1, not 0"),
        ("batch_size: 0", "batch_size has to be at least 1"),
        ("learning_rate: -0.1", "learning_rate has to be at least 0"),
        ("learning_rate: .nan", "learning_rate has to be a finite number"),
        ("loss_weights: {head: .inf}", r"loss_weights\.head has to be a finite number"),
        ("loss_weights: {head: -1}", r"loss_weights\.head has to be at least 0"),
        ("loss_weights: 3", "loss_weights has to be a group"),
        ("data: {clips: data/clips}", r"data\.clips has to be a list, such as \[data/clips\]"),
        ("data: {clips: [3]}", r"data\.clips has to be text, not 3"),
        ("data: [1]", "data has to be a group"),
        ("model: {speech_encoder: whisper}", "no speech encoder 'whisper'"),
        ("learns: [memory]", "learns has to be audio_emotion or emotion_memory or motion_decoder, not 'memory'"),
        ("learns: []", "learns has to name a part of the network: audio_emotion, emotion_memory, motion_decoder"),
        ("release: first", "release has to be best or last, not 'first'"),
        ("validate_every: 5", "validate_every needs examples that are not learned from: set data.validation_speakers"),
        ("patience: 2", "patience: 2 needs validate_every"),
        ("release: best", "release: best needs validate_every"),
        ("ema_decay: 1.0", "ema_decay has to be below 1, such as 0.999"),
        ("trackers: tensorboard", r"trackers has to be a list, such as \[tensorboard\]"),
        ("- a", "one `name: value` on each line"),
        ("{", "cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(config, text, sentence):
    with pytest.raises(CEMNetError, match=rf"run\.yaml.*{sentence}"):
        TrainingSettings.load(config(text))


def test_every_setting_takes_its_own_default_and_weights_that_are_not_named_stay(config):
    settings = TrainingSettings.load(config("loss_weights: {head: 0}\ndata: {clips: [a, b]}\nlearning_rate: 1\n"))
    assert settings.loss_weights == LOSS_WEIGHTS | {"head": 0.0}
    assert settings.data.clips == ("a", "b")
    assert settings.learning_rate == 1.0 and isinstance(settings.learning_rate, float)
    assert settings.model == TrainingSettings().model
    assert TrainingSettings.load(config("")) == TrainingSettings()


def test_the_refiner_reads_paths_and_sizes(config):
    path = config("refiner: {widths: [8, 16, 32]}\nict: null\npairs: p\nportraits: [a.png]\n")
    settings = RefinerSettings.load(path)
    assert settings.refiner.widths == (8, 16, 32)
    assert settings.ict is None and settings.pairs is not None and settings.pairs.name == "p"
    assert [portrait.name for portrait in settings.portraits] == ["a.png"]
    with pytest.raises(CEMNetError, match="num_heads has to be at least 1"):
        RefinerSettings.load(path, ["num_heads=0"])


def test_the_command_line_overrides_single_settings(config):
    path = config("num_steps: 5\ndata: {generated_clips: 3, crop_seconds: 1.5}\n")
    overrides = ["num_steps=7", "data.generated_clips=9", "model.motion.hidden_dim=64", "data.clips=[x, y]"]
    settings = TrainingSettings.load(path, overrides)
    assert settings.num_steps == 7
    assert (settings.data.generated_clips, settings.data.crop_seconds) == (9, 1.5)
    assert settings.model.motion.hidden_dim == 64
    assert settings.data.clips == ("x", "y")
    for wrong, sentence in (
        ("num_steps", "name=value"),
        ("=3", "name=value"),
        ("num_steps.more=3", "num_steps is no group"),
        ("data.generated_clip=3", r"Did you mean data\.generated_clips"),
        ("num_steps={", "cannot be read"),
    ):
        with pytest.raises(CEMNetError, match=sentence):
            TrainingSettings.load(path, [wrong])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CEMNetError, match=r"none\.yaml cannot be read"):
        read_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "train" / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_configs_of_the_repository_are_without_fault(path):
    kind = RefinerSettings if "refiner" in read_config(path) else TrainingSettings
    assert kind.load(path).num_steps > 0
