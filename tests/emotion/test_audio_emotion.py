"""The emotion branch listens in windows, feels nothing in silence, and pulls weak cues toward its prototypes."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from cemnet.arkit import EMOTION_INDEX
from cemnet.config import MANNER_AXES, VOICE_DIM, AudioEmotionConfig
from cemnet.emotion.audio_emotion import (
    VOICE_STYLES,
    WINDOWS_AT_ONCE,
    AudioEmotionEncoder,
    Windows,
    frame_blocks,
    frames_from_tokens,
    normal_statistics,
    window_statistics,
)
from cemnet.emotion.persistence import pauses
from cemnet.training.corpora.phonemes import PHONEMES


@pytest.fixture
def encoder() -> AudioEmotionEncoder:
    torch.manual_seed(0)
    return AudioEmotionEncoder(AudioEmotionConfig()).eval()


def voice(num_frames: int) -> torch.Tensor:
    features = torch.zeros(1, num_frames, VOICE_DIM)
    features[..., 3] = 1.0
    return features


def test_tokens_become_frames_in_pairs_and_the_last_fills_up():
    tokens = torch.arange(6.0).view(1, 6, 1)
    assert frames_from_tokens(tokens, 4)[0, :, 0].tolist() == [0.5, 2.5, 4.5, 5.0]


@pytest.mark.slow
def test_every_frame_has_an_emotion_and_probabilities_sum_to_one(encoder):
    for num_frames in (1, 7, 60, 333):
        heard = encoder(torch.randn(1, 5, num_frames, 384), voice(num_frames))
        assert heard.probabilities.shape == (1, num_frames, 8)
        torch.testing.assert_close(heard.probabilities.sum(-1), torch.ones(1, num_frames))
        assert encoder.course_of(voice(num_frames)).shape == (1, num_frames)


def test_silence_has_no_strength(encoder):
    silence = torch.zeros(1, 50, VOICE_DIM)
    silence[..., 0] = -1.0
    assert encoder(torch.randn(1, 5, 50, 384), silence).strength.max() == 0


@pytest.mark.slow
def test_windows_average_voiced_frames_only():
    voicing = torch.zeros(1, 50)
    voicing[0, 20:30] = 1.0
    windows = Windows.over(50, 2.4, 0.4)
    weights = windows.weights(0, len(windows), voicing)
    assert windows.reached(0, len(windows)) == slice(0, 50)
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]))
    assert weights[0, 2, 20:30].sum() > 0.99


def all_weights(voicing: torch.Tensor, window_seconds: float, hop_seconds: float) -> torch.Tensor:
    """Every window with every frame of the sound, as the definition says: memory grows with the square of its length.

    The outcome is (batch, window, frame).
    """
    num_frames = voicing.shape[1]
    hop, half = hop_seconds * 25, window_seconds * 25 / 2
    centres = torch.arange(hop / 2, max(num_frames, hop), hop)
    distance = (torch.arange(num_frames) - centres.unsqueeze(1)).abs()
    weights = (1.25 - distance / half).clamp(0, 1) * (voicing.unsqueeze(1) + 1e-3)
    return weights / weights.sum(dim=-1, keepdim=True).clamp_min(1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("num_frames", [1, 9, 10, 11, 75, 1000])
@pytest.mark.parametrize(("window_seconds", "hop_seconds"), [(2.4, 0.4), (1.0, 0.3), (0.5, 1.0)])
def test_windows_leave_out_only_frames_without_weight(num_frames, window_seconds, hop_seconds):
    voicing = (torch.rand(2, num_frames) > 0.5).float()
    expected = all_weights(voicing, window_seconds, hop_seconds)
    windows = Windows.over(num_frames, window_seconds, hop_seconds)
    assert expected.shape == (2, len(windows), num_frames)
    for first in range(len(windows)):
        last = min(first + 3, len(windows))
        spread = torch.zeros(2, last - first, num_frames)
        spread[..., windows.reached(first, last)] = windows.weights(first, last, voicing)
        torch.testing.assert_close(spread, expected[:, first:last])
        assert windows.complete(windows.reached(first, first + 1).stop) > first


@pytest.mark.parametrize("num_frames", [1, 30, 1200])
@torch.no_grad()
def test_long_sound_in_blocks_is_heard_as_in_one(encoder, num_frames):
    """The judgement of all windows at once, by weights of every window with every frame, is the reference."""
    hidden, spoken = torch.randn(1, 5, num_frames, 384), torch.randn(1, num_frames, VOICE_DIM)
    spoken[..., 3] = (torch.rand(1, num_frames) > 0.9).float()
    weights = all_weights(spoken[..., 3], encoder.config.window_seconds, encoder.config.hop_seconds)
    assert num_frames < 1000 or weights.shape[1] > 3 * WINDOWS_AT_ONCE
    presence = ((spoken[..., 3].unsqueeze(1) * (weights > 0)).sum(-1) / 5).clamp_max(1)
    centres = Windows.over(num_frames, encoder.config.window_seconds, encoder.config.hop_seconds).centres
    judged = encoder.judge(window_statistics(hidden, spoken, weights))
    expected = encoder.over_time(judged, presence, pauses(spoken[..., 3], centres))
    content, heard = encoder.listen(hidden.split(177, dim=2), spoken)
    for name, windowed in (
        ("embedding", expected.embedding),
        ("probabilities", expected.probabilities),
        ("emotion", expected.emotion),
        ("manner", expected.manner),
        ("strength", (expected.strength * presence).unsqueeze(-1)),
        ("intensity", (expected.intensity * presence).unsqueeze(-1)),
    ):
        framed = F.interpolate(windowed.transpose(1, 2), size=num_frames, mode="linear").transpose(1, 2)
        torch.testing.assert_close(
            getattr(heard, name).reshape(framed.shape),
            framed,
            atol=1e-5,
            rtol=0,
            msg=lambda text, n=name: f"{n}: {text}",
        )
    torch.testing.assert_close(content, encoder.content(hidden), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("num_frames", [1, 24, 25, 26, 30])
def test_tokens_in_blocks_become_the_same_frames(size, num_frames):
    tokens = torch.randn(2, 50, 3)
    frames = torch.cat(list(frame_blocks(tokens.split(size, dim=1), num_frames)), dim=1)
    torch.testing.assert_close(frames, frames_from_tokens(tokens, num_frames))


def test_the_memory_of_windows_grows_with_the_length_and_not_with_its_square(encoder):
    windows = Windows.over(90_000, 2.4, 0.4)
    most = max(
        windows.reached(first, min(first + WINDOWS_AT_ONCE, len(windows))).stop
        - windows.reached(first, first + 1).start
        for first in range(0, len(windows), WINDOWS_AT_ONCE)
    )
    assert most < 500  # frames, of the 90,000 of an hour


def test_enhancement_pulls_a_weak_cue_toward_its_prototype(encoder):
    prototype = F.normalize(encoder.prototypes[3, 0], dim=-1)
    weak = F.normalize(prototype + 0.08 * torch.randn_like(prototype), dim=-1)
    assert encoder.enhance(weak) @ prototype > weak @ prototype
    torch.testing.assert_close(encoder.enhance(weak).norm(), torch.tensor(1.0))


def test_the_enhancement_takes_part_in_what_is_heard(encoder):
    without = AudioEmotionEncoder(replace(encoder.config, enhancement=0.0)).eval()
    without.load_state_dict(encoder.state_dict())
    statistics = torch.randn(20, AudioEmotionConfig().num_statistics)
    enhanced, plain = encoder.judge(statistics), without.judge(statistics)
    assert (enhanced.style_logits.amax(-1) > plain.style_logits.amax(-1)).all()
    unknown = torch.cat(
        [encoder_input(encoder, statistics), torch.zeros(20, AudioEmotionConfig().num_statistics + 1)], dim=-1
    )
    torch.testing.assert_close(plain.emotional, F.normalize(without.embed(unknown), dim=-1))


def encoder_input(encoder: AudioEmotionEncoder, statistics: torch.Tensor) -> torch.Tensor:
    return ((statistics - encoder.statistics_mean) / encoder.statistics_scale).clamp(-5, 5)


def test_z_is_the_emotion_and_then_the_manner(encoder):
    heard = encoder.judge(torch.randn(7, AudioEmotionConfig().num_statistics))
    emotional_dim = encoder.config.emotional_dim
    assert heard.embedding.shape == (7, encoder.config.embedding_dim)
    torch.testing.assert_close(heard.embedding[:, :emotional_dim].norm(dim=-1), torch.ones(7))
    torch.testing.assert_close(heard.embedding[:, emotional_dim:], heard.mannered)
    assert heard.manner.shape == (7, len(MANNER_AXES))
    torch.testing.assert_close(heard.manner, encoder.manner(heard.embedding))


def test_manner_is_heard_in_every_frame(encoder):
    heard = encoder(torch.randn(2, 5, 60, 384), voice(60).expand(2, -1, -1))
    assert heard.manner.shape == (2, 60, len(MANNER_AXES))
    assert heard.embedding.shape == (2, 60, encoder.config.embedding_dim)


def test_content_is_shares_of_sounds_that_favour_the_likeliest(encoder):
    hidden = torch.randn(2, 5, 40, 384)
    content, plain = encoder.content(hidden), encoder.sound_logits(hidden).softmax(-1)
    assert content.shape == (2, 40, len(PHONEMES))
    torch.testing.assert_close(content.sum(-1), torch.ones(2, 40))
    assert (content.argmax(-1) == plain.argmax(-1)).all()
    assert (content.amax(-1) > plain.amax(-1)).all()


def test_padding_does_not_change_the_content_of_a_clip(encoder):
    hidden = torch.randn(1, 5, 80, 384)
    padded = torch.cat([hidden, torch.zeros(1, 5, 40, 384)], dim=2)
    # The last frame looks one frame ahead.
    torch.testing.assert_close(encoder.content(padded)[:, :79], encoder.content(hidden)[:, :79])


def test_a_voice_is_heard_by_how_it_differs_from_the_speakers_normal_voice(encoder):
    statistics, normal = (
        torch.randn(4, AudioEmotionConfig().num_statistics),
        torch.randn(4, AudioEmotionConfig().num_statistics),
    )
    alone = encoder.judge(statistics)
    known = encoder.judge(statistics, normal)
    assert not torch.allclose(known.style_logits, alone.style_logits)
    assert not torch.allclose(known.style_logits, encoder.judge(statistics, normal.flip(0)).style_logits)
    normal[:2] = torch.nan  # not known
    some = encoder.judge(statistics, normal)
    torch.testing.assert_close(some.style_logits[:2], alone.style_logits[:2])
    torch.testing.assert_close(some.embedding[2:], known.embedding[2:])
    assert not torch.allclose(known.manner, alone.manner)


def test_a_normal_voice_of_several_clips_is_the_mean_of_their_voiced_frames(encoder):
    hidden, spoken = torch.randn(5, 30, 384), torch.randn(30, VOICE_DIM)
    spoken[:, 3] = (torch.arange(30) < 20).float()
    normal = normal_statistics([(hidden, spoken), (2 * hidden, spoken)])
    expected = torch.cat([hidden[1:, :20].transpose(0, 1).flatten(1), spoken[:20]], dim=-1).mean(0)
    torch.testing.assert_close(normal[: 4 * 384], 1.5 * expected[: 4 * 384], atol=2e-3, rtol=0)
    torch.testing.assert_close(
        normal[4 * 384 : AudioEmotionConfig().num_statistics // 2], expected[4 * 384 :], atol=2e-3, rtol=0
    )
    heard = encoder(hidden.unsqueeze(0), spoken.unsqueeze(0), normal)
    assert not torch.allclose(heard.embedding, encoder(hidden.unsqueeze(0), spoken.unsqueeze(0)).embedding)


def test_every_voice_style_shows_exactly_one_emotion(encoder):
    assert encoder.style_emotion.shape == (len(VOICE_STYLES), 8)
    assert (encoder.style_emotion.sum(1) == 1).all()


def belief(likeliest: float) -> torch.Tensor:
    """A belief in fear, the rest shared by the other emotions."""
    probabilities = torch.full((8,), (1 - likeliest) / 7)
    probabilities[EMOTION_INDEX["fear"]] = likeliest
    return probabilities


def test_a_doubtful_voice_fades_and_a_sure_one_shows_all(encoder):
    unsure, sure = encoder.config.unsure, encoder.config.sure
    likeliest = torch.linspace(1 / 8, 1.0, 40)
    _, certainty = encoder.decide(torch.stack([belief(float(level)) for level in likeliest]))
    assert (certainty[likeliest <= unsure] == 0).all()
    assert (certainty[likeliest >= sure] == 1).all()
    between = (likeliest > unsure) & (likeliest < sure)
    assert (certainty[between].diff() > 0).all()
    assert 0 < certainty[between].min() < certainty[between].max() < 1
    assert encoder.decide(belief((unsure + sure) / 2))[1].item() == pytest.approx(0.5, abs=1e-3)


def test_the_intensity_of_a_voice_is_its_strength_less_its_doubt(encoder):
    heard = encoder.judge(torch.randn(300, AudioEmotionConfig().num_statistics))
    _, certainty = encoder.decide(heard.probabilities)
    assert certainty.min() < 0.1 < 0.9 < certainty.max()
    torch.testing.assert_close(heard.intensity, heard.strength * certainty)


def test_a_doubt_that_passes_does_not_change_the_face_and_a_pause_does_not_end_an_emotion(encoder):
    probabilities = belief(0.6).repeat(1, 9, 1)
    probabilities[0, 4] = belief(0.45).roll(1)
    heard = encoder.judge(torch.randn(1, 9, AudioEmotionConfig().num_statistics))
    presence = torch.ones(1, 9)
    presence[0, 6:8] = 0.0
    probabilities[0, 6:8] = belief(0.9).roll(2)
    lasting = encoder.over_time(
        replace(heard, probabilities=probabilities), presence, torch.zeros(1, 8, dtype=torch.bool)
    )
    assert (lasting.emotion.argmax(-1) == EMOTION_INDEX["fear"]).all()
    assert (lasting.probabilities.argmax(-1) == EMOTION_INDEX["fear"]).all()
    assert lasting.emotion[..., EMOTION_INDEX["fear"]].min() > lasting.probabilities.amax(-1).min()
    torch.testing.assert_close(lasting.intensity, heard.strength * encoder.decide(lasting.probabilities)[1])


def test_the_likeliest_emotion_is_favoured_and_the_order_of_emotions_is_kept(encoder):
    probabilities = torch.tensor([0.05, 0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05])
    emotion, _ = encoder.decide(probabilities)
    assert emotion.sum().item() == pytest.approx(1, abs=1e-6)
    assert emotion[1] > 0.9
    assert emotion[1] > emotion[2] > emotion[3] > emotion[0]


@torch.no_grad()
def frame_of_change(encoder: AudioEmotionEncoder, hidden: torch.Tensor, spoken: torch.Tensor) -> float:
    """When what is heard is half-way between its beginning and its end."""
    embedding = encoder(hidden, spoken).embedding[0]
    first, last = embedding[0], embedding[-1]
    share = (embedding - first) @ (last - first) / (last - first).square().sum()
    after = int((share > 0.5).nonzero()[0])
    return after - float((share[after] - 0.5) / (share[after] - share[after - 1]))


def test_a_voice_is_heard_to_change_when_it_does(encoder):
    one, other = (torch.randn(1, 5, 1, 384).expand(-1, -1, 100, -1) for _ in range(2))
    # The half-way point of what is heard need not be that of the sound; there and back it errs to either side.
    there, back = torch.cat([one, other], dim=2), torch.cat([other, one], dim=2)
    changes = [frame_of_change(encoder, hidden, voice(200)) for hidden in (there, back)]
    assert sum(changes) / 2 == pytest.approx(99.5, abs=1.0)


def test_thrice_the_temperature_is_a_third_as_sure_of_one_emotion_against_another(encoder):
    doubtful = AudioEmotionEncoder(replace(encoder.config, temperature=3 * encoder.config.temperature)).eval()
    doubtful.load_state_dict(encoder.state_dict())
    hidden, one_window = torch.randn(1, 5, 10, 384), voice(10)
    # Each of these emotions is voiced in a single style; neutral is in several.
    sure, unsure = (heard(hidden, one_window).probabilities[0, :, 1:].log() for heard in (encoder, doubtful))
    torch.testing.assert_close(sure - sure[:, :1], 3 * (unsure - unsure[:, :1]), atol=1e-4, rtol=0)
