"""Filmed people beside acted ones: pairs of one sentence, brought to one time, each frame by how far it is trusted."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from needed_programs import needs_espeak
from small_model import SMALL
from torch.utils.data import default_collate

from cemnet.arkit import ARKIT_INDEX, EMOTION_INDEX, EMOTIONS, NUM_EXPRESSIONS
from cemnet.network import EmotionNetwork
from cemnet.speech.encoders import load_speech_encoder
from cemnet.training.corpora.phonemes import PhonemeSpan, fill_silence, sounds_in_frames
from cemnet.training.corpora.text_to_speech import open_espeak
from cemnet.training.networks.cross_pairs import CrossPairs
from cemnet.training.networks.feature_clips import hear
from cemnet.training.networks.filmed_clips import (
    ALIGNED_LAYER,
    SHOWN,
    FilmedClips,
    FilmedPerson,
    aligned_frames,
    filmed_curves,
    mean_face,
)
from cemnet.training.networks.losses import expression_loss
from cemnet.training.networks.objective import Objective, memory_losses

BROW, JAW, SMILE = ARKIT_INDEX["browInnerUp"], ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthSmileLeft"]
LEVEL = {emotion: number / 10 for number, emotion in enumerate(EMOTIONS)}  # of the brow: tells whose curves these are


def film(clip, sentence="s"):
    """The clip with a brow by its emotion and a jaw that opens with the voice; ten frames at its end are lost."""
    frames = len(clip.recordings[0].prosody)
    expression, confidence = torch.zeros(frames, NUM_EXPRESSIONS), torch.ones(frames)
    expression[:, BROW] = LEVEL[clip.emotion]
    expression[:, JAW] = (1 + clip.recordings[0].prosody[:, 0]).clamp(0, 1)
    expression[-10:, SMILE], confidence[-10:] = 1.0, 0.0
    made = replace(
        clip.clip,
        speaker="one",
        sentence=sentence,
        expression=expression,
        head=torch.full((frames, 3), 0.05),
        confidence=confidence,
    )
    return replace(clip, clip=made)


@pytest.fixture(scope="module")
def filmed(trained_clips):
    """One person who says one sentence in all eight emotions."""
    return replace(trained_clips, clips=tuple(film(clip) for clip in trained_clips.clips[:8]))


@pytest.fixture(scope="module")
def drawn(filmed, trained_voices):
    """Examples of which about half were filmed."""
    films = FilmedClips.among(filmed.clips)
    pairs = CrossPairs(filmed, trained_voices, 1.6, 40, films=films)
    return default_collate([pairs[index] for index in range(40)])


def test_a_pair_is_one_persons_sentence_in_two_emotions_or_one_clip(filmed):
    films, rng = FilmedClips.among(filmed.clips), np.random.default_rng(0)
    assert films is not None
    seen = [films.pair(0.25, rng)[1:] for _ in range(80)]
    same = [words is emotion for words, emotion in seen]
    assert 8 < sum(same) < 36
    for words, emotion in seen:
        assert words.clip.sentence == emotion.clip.sentence
        assert words is emotion or words.emotion != emotion.emotion


def test_sentences_that_are_said_once_are_not_crossed(filmed):
    alone = [film(clip, sentence=str(number)) for number, clip in enumerate(filmed.clips)]
    films, rng = FilmedClips.among(alone), np.random.default_rng(0)
    assert films is not None and all(words is emotion for _, words, emotion in (films.pair(0, rng) for _ in range(20)))


def test_people_who_were_never_filmed_calm_and_clips_without_curves_are_left_out(filmed, trained_clips):
    upset = [clip for clip in filmed.clips if clip.emotion != "neutral"]
    assert FilmedClips.among(upset) is None
    assert FilmedClips.among(trained_clips.clips) is None


def test_a_face_at_full_strength_is_told_from_clips_of_any_strength(filmed):
    person = FilmedPerson.of([film(clip) for clip in filmed.clips])
    assert person is not None and person.filmed.bool().all()
    for row, emotion in enumerate(SHOWN):
        (clip,) = (each for each in filmed.clips if each.emotion == emotion)
        assert clip.clip.intensity == pytest.approx(0.8)
        assert person.apexes[row, BROW] == pytest.approx(LEVEL[emotion] / 0.8, abs=1e-4)
    without = FilmedPerson.of([clip for clip in filmed.clips if clip.emotion != "sad"])
    assert without is not None and without.filmed[SHOWN.index("sad")] == 0


def test_frames_that_are_not_trusted_change_no_mean_face(filmed):
    assert mean_face(filmed.clips[0])[SMILE] < 1e-4


def test_the_same_sounds_meet_whatever_the_pace(trained_clips):
    hidden = trained_clips.clips[0].recordings[0].hidden[0]
    places = np.sort(np.random.default_rng(0).integers(0, len(hidden), round(1.4 * len(hidden))))
    matched = aligned_frames(hidden[torch.from_numpy(places)], hidden)
    assert np.abs(matched - places).mean() < 0.5


@pytest.mark.slow
@needs_espeak
def test_two_voices_that_speak_in_other_rhythms_meet_at_their_sounds():
    encoder, heard = load_speech_encoder(), []
    espeak = open_espeak()
    for voice, rate, pitch in (("en-us+m3", 190, 30), ("en-us+f2", 110, 75)):
        sound, phonemes = espeak.speak("Kids are talking by the door, and dogs sit beside them", voice, rate, pitch)
        sound = torch.nn.functional.pad(sound, (0 if rate > 150 else 24_000, 0))
        late = 0.0 if rate > 150 else 1.5
        spans = [PhonemeSpan(each.phoneme, each.start_seconds + late, each.end_seconds + late) for each in phonemes]
        hidden, features = hear(encoder, sound)
        heard.append((hidden[ALIGNED_LAYER], sounds_in_frames(fill_silence(spans, len(sound) / 16_000), len(features))))
    (words, said), (other, counterpart) = heard
    stretched = np.linspace(0, len(other) - 1, len(words)).round().astype(int)
    agreement = [(said == counterpart[matched]).mean() for matched in (aligned_frames(words, other), stretched)]
    assert agreement[0] > 0.6 and agreement[0] > agreement[1] + 0.2


def test_words_in_another_clips_manner_have_its_face_at_the_words_times(filmed):
    words, emotion = filmed.clips[0], filmed.clips[EMOTION_INDEX["surprise"]]
    curves = filmed_curves(words, emotion)
    assert curves["expression"].shape == (len(words.recordings[0].prosody), NUM_EXPRESSIONS)
    assert curves["expression"][:, BROW].allclose(torch.tensor(LEVEL["surprise"]), atol=1e-3)
    assert curves["trust"].shape == (len(words.recordings[0].prosody),)
    as_filmed = filmed_curves(words, words)
    assert words.clip.expression is not None and as_filmed["expression"].equal(words.clip.expression)


def test_filmed_examples_stand_beside_acted_ones(drawn):
    acted = drawn["acted"]
    assert 8 < acted.sum() < 32
    assert (drawn["trust"][acted] == 1).all()
    assert (drawn["trust"][~acted].amin(1) == 0).any()
    levels = drawn["expression"][~acted][:, :20, BROW].mean(1)
    wanted = torch.tensor([LEVEL[EMOTIONS[int(row)]] for row in drawn["target_emotion"][~acted].argmax(1)])
    torch.testing.assert_close(levels, wanted, atol=0.02, rtol=0)
    assert (drawn["face_known"][~acted][:, JAW] == 0).all() and (drawn["face_known"][acted] == 1).all()


def test_a_frame_counts_by_its_trust(drawn):
    target, trust = drawn["expression"], drawn["trust"]
    wrong = target + (trust == 0).float().unsqueeze(-1)
    torch.testing.assert_close(expression_loss(wrong, target, trust), torch.zeros(len(target)))
    assert (expression_loss(wrong, target)[~drawn["acted"]] > 0.01).any()


def test_the_memory_learns_only_what_the_films_show(drawn):
    torch.manual_seed(0)
    memory = EmotionNetwork(SMALL).emotion_memory
    unknown = drawn["apex_displacement"] + 0.7 * (1 - drawn["face_known"]).unsqueeze(1)
    for changed, as_before in (
        (drawn | {"apex_displacement": unknown}, True),
        (drawn | {"rest": drawn["rest"] + 0.2}, False),
    ):
        losses = []
        for batch in (drawn, changed):
            torch.manual_seed(1)
            losses.append(float(memory_losses(memory, batch)["memory_face"]))
        assert (losses[0] == pytest.approx(losses[1], abs=1e-6)) == as_before


@pytest.mark.slow
def test_filmed_faces_are_learned(drawn, trained_voices):
    torch.manual_seed(0)
    network = EmotionNetwork(SMALL)
    network.audio_emotion.standardised(*trained_voices.scale)
    objective, history = Objective(network, heard_share=0.5), []
    optimizer = torch.optim.Adam(objective.parameters(), 3e-3)
    for _ in range(30):
        losses = objective(drawn)
        optimizer.zero_grad()
        (losses["reconstruction"] + losses["cross_reconstruction"] + losses["memory_face"]).backward()
        optimizer.step()
        history.append(losses)
    for name in ("reconstruction", "cross_reconstruction", "memory_face"):
        assert history[-1][name] < 0.8 * history[0][name], name
