"""A person's films teach the memory this person: faces come nearer to the truth than without.

What longer training on more films teaches the decoder is in README.md.
"""

import os
import subprocess
import sys

import pytest
from made_person import errors, film_person, made_person
from needed_programs import needs_espeak
from paths import REPOSITORY

from cemnet.checkpoint import find_weights, load_checkpoint
from cemnet.network import NETWORK_WEIGHTS, EmotionNetwork
from cemnet.speech.encoders import load_speech_encoder

pytestmark = pytest.mark.slow


@needs_espeak
def test_the_memory_learns_a_person_from_films_and_hearing_stays(tmp_path):
    person = made_person(seed=7)
    assert film_person(tmp_path / "clips", person, range(2)) > 40
    options = ["--config", "train/configs/person.yaml", "--output", str(tmp_path / "run"), "--cpu"]
    settings = (
        f"data.clips=[{tmp_path / 'clips'}]", "num_steps=40", "learning_rate=0.002", "batch_size=8", "ema_decay=0.9",
        "data.voice_augmentations=0", "warmup_steps=5",
    )  # fmt: skip
    overrides = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(
        [sys.executable, "train/train.py", *options, "--start-from", str(find_weights(NETWORK_WEIGHTS)), *overrides],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=900, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    encoder, tuned_weights = load_speech_encoder(), tmp_path / "run" / NETWORK_WEIGHTS
    paths = find_weights(NETWORK_WEIGHTS), tuned_weights
    before, after = (errors(EmotionNetwork.load(path), encoder, person, [30]) for path in paths)
    assert after[0] < 0.85 * before[0], (before, after)
    (released, _), (tuned, _) = (load_checkpoint(path) for path in paths)
    for name in released:
        if name.startswith("audio_emotion."):
            assert (released[name].float() == tuned[name].float()).all(), name
