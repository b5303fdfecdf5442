"""Strong references that speak in every system, on two clips of babble and one pushed portrait."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from cemnet import pipeline
from cemnet.arkit import EMOTION_INDEX, EMOTIONS
from cemnet.errors import CEMNetError
from cemnet.evaluation.matrix.baselines import SYSTEMS
from cemnet.evaluation.matrix.references import PUSHED, pushed_references
from cemnet.evaluation.matrix.run import (
    RENDERER,
    apex_frames,
    cell_voices,
    choose_clips,
    hear_voice,
    judge_drawn_apexes,
    run_matrix,
    write_verdicts,
)
from cemnet.evaluation.matrix.sheets import LINE, TILE, matrix_sheet, systems_sheet, voice_name
from cemnet.evaluation.subjects import mean_heard, split_speakers
from cemnet.evaluation.voice.linear_baseline import LinearBaseline
from cemnet.training.networks.feature_clips import full_speaker, generated_clips


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="module")
def clips():
    return generated_clips(32, seed=0)


@pytest.fixture(scope="module")
def floor(model, clips):
    return LinearBaseline.fit(model.speech_encoder, clips[:16])


@pytest.fixture(scope="module")
def voices(model, floor, clips):
    return [hear_voice(model, floor, clips[16 + EMOTION_INDEX[emotion]]) for emotion in ("happy", "sad")]


class BrightnessJudge:
    """Names happy what is brighter than the middle grey, and sad what is not."""

    def probabilities(self, image, box):
        seen = np.zeros(len(EMOTIONS))
        seen[EMOTION_INDEX["happy" if image[..., :3].mean() > 0.5 else "sad"]] = 1.0
        return seen


@pytest.fixture(scope="module")
def references(model, samples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    found = list(pushed_references(model, [samples / "portrait.png"], 0, folder))
    return [reference for reference in found if reference.emotion in ("happy", "sad")]


def test_pushed_portraits_are_read_back_with_the_emotion_they_were_given(references):
    by_emotion = {reference.emotion: reference for reference in references}
    assert set(by_emotion) == {"happy", "sad"}
    smile = [name for name in ("happy", "sad") if by_emotion[name].face.expression[23] > 0.3]
    assert smile == ["happy"]
    assert {reference.kind for reference in references} == {PUSHED}


def test_every_system_gives_one_verdict_for_each_portrait_and_voice(model, references, voices, tmp_path):
    verdicts = run_matrix(model, BrightnessJudge(), references, voices, SYSTEMS, clips_per_cell=1, num_frames=1)
    assert len(verdicts) == 2 * 2 * len(SYSTEMS)
    assert {(v.system, v.reference, v.target) for v in verdicts} == {
        (name, reference, target) for name in SYSTEMS for reference in ("happy", "sad") for target in ("happy", "sad")
    }
    oracle, copy = ([v for v in verdicts if v.system == name] for name in ("label oracle", "copy reference"))
    assert all(v.to_target < v.to_reference for v in oracle if v.reference != v.target)
    assert all(v.to_target > v.to_reference for v in copy if v.reference != v.target)
    write_verdicts(tmp_path / "verdicts.csv", verdicts)
    with (tmp_path / "verdicts.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(verdicts)
    assert rows[0]["says"] == verdicts[0].says
    assert float(rows[0]["p_happy"]) == pytest.approx(verdicts[0].seen[EMOTION_INDEX["happy"]], abs=1e-3)


def test_sheets_have_a_tile_for_every_portrait_voice_and_system(model, references, voices):
    judge, tile = BrightnessJudge(), (TILE, TILE + LINE)
    whole = matrix_sheet(model, judge, references, voices, SYSTEMS["full"])
    assert whole.size == (3 * tile[0], 2 * tile[1])
    two = {name: SYSTEMS[name] for name in ("full", "copy reference")}
    compared = systems_sheet(model, judge, references, voices, two)
    assert compared.size == (3 * tile[0], 2 * tile[1])  # happy portrait and sad voice, and the reverse
    assert np.asarray(compared)[: tile[0]].std() > 10
    misheard = next(emotion for emotion in EMOTIONS if emotion != voices[0].heard)
    assert voice_name(replace(voices[0], emotion=misheard)) == f"{misheard} (heard {voices[0].heard})"


def test_the_renderer_alone_is_judged_on_every_apex(model, references):
    verdicts = judge_drawn_apexes(model, BrightnessJudge(), references)
    assert len(verdicts) == len(references) * len(EMOTIONS)
    assert {verdict.system for verdict in verdicts} == {RENDERER}


def test_the_floor_replaces_what_is_heard_and_shown_but_not_the_words(model, floor, voices):
    voice = voices[0]
    assert not torch.equal(voice.speech_without_aee.heard, voice.speech.heard)
    assert not torch.equal(voice.speech_without_aee.emotion, voice.speech.emotion)
    assert voice.speech_without_aee.content is voice.speech.content
    torch.testing.assert_close(voice.speech_without_aee.heard.sum(-1), torch.ones(voice.speech.num_frames))
    unsure = replace(floor, weight=torch.zeros_like(floor.weight), bias=torch.zeros_like(floor.bias))
    assert unsure.replace_emotion(model, voice.speech).intensity.max() < 0.05


def test_apex_frames_are_the_loudest_moments_apart_from_each_other(voices):
    course = torch.zeros(voices[0].speech.num_frames)
    course[[5, 7, 30]] = torch.tensor([0.9, 1.0, 0.5])
    assert apex_frames(replace(voices[0].speech, course=course), 2) == [7, 30]


def test_clips_take_turns_among_speakers_and_none_is_of_another_speaker(clips):
    wanted = ["babble/babbler_0", "babble/babbler_1"]
    mixed = [replace(clip, speaker=f"babbler_{index // 8 % 4}") for index, clip in enumerate(clips)]
    chosen = choose_clips(mixed, wanted, per_emotion=2, seed=0)
    assert len(chosen) == 2 * len(EMOTIONS)
    for emotion in EMOTIONS:
        assert sorted(full_speaker(clip) for clip in chosen if clip.emotion == emotion) == wanted


def test_voices_change_from_portrait_to_portrait(voices):
    happy = [replace(voices[0], clip=str(number)) for number in range(4)]
    first, second = (cell_voices(happy, "happy", turn, 2) for turn in (0, 1))
    assert {voice.clip for voice in first} | {voice.clip for voice in second} == {"0", "1", "2", "3"}
    assert cell_voices(happy, "sad", 0, 2) == []


def test_speakers_without_clips_are_named(clips):
    held_out, rest = split_speakers(clips, ["babble/babbler_2"])
    assert len(held_out) + len(rest) == len(clips)
    assert {full_speaker(clip) for clip in held_out} == {"babble/babbler_2"}
    with pytest.raises(CEMNetError, match="ravdess/99"):
        split_speakers(clips, ["ravdess/99"])


def test_a_clips_belief_is_that_of_its_voiced_frames():
    heard = torch.zeros(10, len(EMOTIONS))
    heard[:5, 1], heard[5:, 2] = 1.0, 1.0
    voiced = torch.zeros(10)
    voiced[6:] = 1.0
    assert mean_heard(heard, voiced)[2] > 0.99
