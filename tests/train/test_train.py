"""The trainer's parts on babble: pairs, losses, one step, and the launched script with resuming."""

import csv
import subprocess
import sys

import numpy as np
import pytest
import torch
from paths import REPOSITORY
from torch.utils.data import default_collate

from cemnet.checkpoint import load_checkpoint
from cemnet.config import AudioEmotionConfig, EmotionMemoryConfig, ModelConfig, MotionConfig
from cemnet.errors import CEMNetError
from cemnet.evaluation.held_out_losses import held_out_losses
from cemnet.network import EmotionNetwork
from cemnet.speech.mel import num_motion_frames
from cemnet.training.corpora.augmentation import add_noise, another_pace, degrade, limit_band, through_mp3
from cemnet.training.corpora.formant_synthesis import synthesise_formants
from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.feature_clips import UNLABELLED, load_feature_clips
from cemnet.training.networks.objective import Objective
from cemnet.training.networks.settings import DataSettings, TrainingSettings
from cemnet.training.networks.voice_statistics import VoiceTable
from cemnet.training.registry import load_plan
from cemnet.training.task import total_loss

SMALL = ModelConfig(
    AudioEmotionConfig(content_dim=16, hidden_dim=32, embedding_dim=16),
    EmotionMemoryConfig(num_slots=12, hidden_dim=32),
    MotionConfig(hidden_dim=32, num_blocks=2),
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    settings = DataSettings(generated_clips=16, voice_augmentations=1)
    return load_feature_clips(settings, tmp_path_factory.mktemp("features"), torch.device("cpu"), seed=0)


@pytest.fixture(scope="module")
def voices(clips):
    return VoiceTable.of(clips.clips, seed=0)


@pytest.fixture(scope="module")
def batch(clips, voices):
    torch.manual_seed(0)
    pairs = CrossPairs(clips, voices, crop_seconds=1.6, length=16)
    return default_collate([pairs[index] for index in range(16)])


def test_babble_has_phonemes_for_all_of_its_time():
    waveform, phonemes = synthesise_formants("angry", 3.0, np.random.default_rng(0))
    assert len(waveform) == 48_000
    assert phonemes[0].start_seconds == 0
    assert phonemes[-1].end_seconds == pytest.approx(3.0)
    assert any(span.phoneme in ("B", "M") for span in phonemes) or len(phonemes) > 6


def test_an_angry_babble_is_louder_than_a_sad_one():
    level = {e: synthesise_formants(e, 3.0, np.random.default_rng(1))[0].std() for e in ("angry", "sad")}
    assert level["angry"] > 1.5 * level["sad"]


def test_degraded_recordings_keep_length_and_timing():
    waveform, _ = synthesise_formants("happy", 2.0, np.random.default_rng(2))
    rng = np.random.default_rng(0)
    for degraded in (degrade(waveform, rng), limit_band(waveform, 300, 3400), through_mp3(waveform, 64)):
        assert degraded.shape == waveform.shape
        lag = np.correlate(degraded, waveform[400:-400], "valid").argmax() - 400
        assert abs(lag) < 40
    noisy = add_noise(waveform, 10.0, rng)
    assert 0.1 < (noisy - waveform).std() / waveform.std() < 0.6


def test_another_pace_changes_duration_and_pitch_alike():
    tone = np.sin(np.arange(16_000) * 2 * np.pi * 300 / 16_000).astype(np.float32)
    stretches = []
    for seed in range(4):
        paced = another_pace(tone, np.random.default_rng(seed))
        hertz = np.abs(np.fft.rfft(paced)).argmax() * 16_000 / len(paced)
        stretches.append(len(paced) / len(tone))
        assert hertz * stretches[-1] == pytest.approx(300, rel=0.01)
    assert min(stretches) < 0.97
    assert max(stretches) > 1.03


def test_pairs_come_from_the_same_clip_or_from_two(batch, clips):
    assert batch["same_clip"].any()
    assert not batch["same_clip"].all()
    assert batch["expression"].shape == (16, 40, 52)
    assert (batch["judged_style"] != UNLABELLED).all()
    for clip in clips.clips:
        assert len(clip.recordings[0].prosody) == num_motion_frames(len(clip.clip.waveform))


def test_held_out_losses_depend_on_the_network_and_the_clips_alone(clips):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).eval()
    first, again = (held_out_losses(network, clips, 1.6, 1, seed=3) for _ in range(2))
    assert first == again
    assert first["cross_reconstruction"] > 0
    torch.nn.init.normal_(network.motion_decoder.articulation.weight)
    assert held_out_losses(network, clips, 1.6, 1, seed=3)["cross_reconstruction"] > first["cross_reconstruction"]


def test_no_held_out_speaker_is_trained_on(tmp_path):
    settings = DataSettings(generated_clips=8, voice_augmentations=0, validation_speakers=("babble/babbler_0",))
    kept = load_feature_clips(settings, tmp_path, torch.device("cpu"), seed=0)
    assert {clip.clip.speaker for clip in kept.clips} == {"babbler_1", "babbler_2", "babbler_3"}


def test_training_lowers_every_main_loss(batch, voices):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL)
    network.audio_emotion.standardised(*voices.scale)
    objective = Objective(network, heard_share=0.5)
    weights = TrainingSettings().loss_weights
    optimizer = torch.optim.Adam(objective.parameters(), 3e-3)
    history = []
    for _ in range(40):
        losses = objective(batch)
        optimizer.zero_grad()
        total_loss(losses, weights).backward()
        optimizer.step()
        history.append({name: value.item() for name, value in losses.items()})
    for name in ("reconstruction", "cross_reconstruction", "emotion", "memory_value", "memory_retrieval", "course"):
        assert history[-1][name] < history[0][name], name


def is_taught(module: torch.nn.Module) -> bool:
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    return any(gradient.abs().sum() > 0 for gradient in gradients)


def test_performances_teach_motion_and_neither_the_memory_nor_hearing(batch):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL).train()
    losses = Objective(network, heard_share=1.0)(batch)
    losses["cross_reconstruction"].backward(retain_graph=True)
    assert is_taught(network.motion_decoder)
    assert is_taught(network.audio_emotion.content_in)
    assert is_taught(network.audio_emotion.course)
    assert not is_taught(network.emotion_memory)
    assert not is_taught(network.audio_emotion.embed)
    assert network.audio_emotion.prototypes.grad is None
    losses["emotion"].backward()
    assert is_taught(network.audio_emotion.embed)
    assert network.audio_emotion.prototypes.grad is not None
    losses["memory_bridge"].backward()
    assert is_taught(network.emotion_memory)


def test_a_loss_without_a_weight_is_an_error():
    with pytest.raises(KeyError):
        total_loss({"unheard_of": torch.tensor(1.0)}, {})


def test_a_config_with_an_unknown_name_says_so(tmp_path):
    config = tmp_path / "wrong.yaml"
    config.write_text("num_stpes: 3\n")
    with pytest.raises(CEMNetError, match="num_stpes"):
        TrainingSettings.load(config)
    config.write_text("model: {motion: {hiden_dim: 3}}\n")
    with pytest.raises(CEMNetError, match="hiden_dim"):
        TrainingSettings.load(config)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "train" / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_in_the_repository_loads(path):
    assert load_plan(path).settings.num_steps > 0


def launch(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1", "train/train.py"]
    return subprocess.run(
        [*command, *map(str, arguments), "--cpu"], cwd=REPOSITORY, capture_output=True, text=True, timeout=300
    )


def test_the_launched_trainer_resumes_and_writes_weights_that_load(tmp_path):
    config = tmp_path / "small.yaml"
    text = (REPOSITORY / "train/configs/tiny.yaml").read_text()
    text = text.replace("generated_clips: 48", "generated_clips: 8").replace(
        "checkpoint_every: 100", "checkpoint_every: 5"
    )
    config.write_text(text.replace("num_steps: 200", "num_steps: 20"))
    output = tmp_path / "run"
    first = launch("--config", config, "--output", output)
    assert first.returncode == 0, first.stderr
    tensors, stored = load_checkpoint(output / "emotion_motion.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    assert EmotionNetwork.load(output / "emotion_motion.safetensors").config == ModelConfig.from_dict(stored)

    refused = launch("--config", config, "--output", output)
    assert refused.returncode != 0
    assert "--resume" in refused.stderr

    resumed = launch("--config", config, "--output", output, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    steps = [int(row["step"]) for row in csv.DictReader((output / "losses.csv").open())]
    assert steps == [10, 20, 20]  # the second run went on from the checkpoint of step 15


def test_a_run_may_start_from_the_weights_of_another_of_the_same_size(tmp_path):
    config = tmp_path / "small.yaml"
    text = (REPOSITORY / "train/configs/tiny.yaml").read_text().replace("generated_clips: 48", "generated_clips: 8")
    config.write_text(text.replace("num_steps: 200", "num_steps: 1") + "learning_rate: 0.0\n")
    first, second = tmp_path / "first", tmp_path / "second"
    assert launch("--config", config, "--output", first).returncode == 0
    config.write_text(config.read_text() + "seed: 1\n")
    weights = first / "emotion_motion.safetensors"
    assert launch("--config", config, "--output", second, "--start-from", weights).returncode == 0
    before, after = (load_checkpoint(run / "emotion_motion.safetensors")[0] for run in (first, second))
    torch.testing.assert_close(after["emotion_memory.keys"], before["emotion_memory.keys"])

    config.write_text(config.read_text().replace("num_slots: 24", "num_slots: 12"))
    refused = launch("--config", config, "--output", tmp_path / "third", "--start-from", weights)
    assert refused.returncode != 0
    assert "another kind or size" in refused.stderr
