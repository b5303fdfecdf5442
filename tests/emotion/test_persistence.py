"""Emotions last: short doubts go away, sure turns stay, silence says nothing, and nothing depends on the order."""

import itertools

import pytest
import torch

from cemnet.emotion.persistence import lasting_belief, pauses

EMOTIONS = 8


def believed(*windows: tuple[int, float]) -> torch.Tensor:
    """One sound whose windows believe in an emotion to a degree, and in all others alike."""
    rows = torch.stack([torch.full((EMOTIONS,), (1 - sure) / (EMOTIONS - 1)) for _, sure in windows])
    for row, (emotion, sure) in zip(rows, windows, strict=True):
        row[emotion] = sure
    return rows.unsqueeze(0)


def lasting(belief: torch.Tensor, presence: torch.Tensor | None = None, stays: float = 0.8, evidence: float = 1.0):
    present = torch.ones(belief.shape[:2]) if presence is None else presence
    return lasting_belief(belief, present, torch.full((1, belief.shape[1] - 1), stays), evidence)[0]


def test_one_doubtful_window_among_sure_ones_is_overruled():
    belief = believed(*[(1, 0.6)] * 4, (2, 0.5), *[(1, 0.6)] * 4)
    assert belief[0, 4].argmax() == 2
    assert lasting(belief).argmax(-1).tolist() == [1] * 9


def test_a_sure_turn_is_a_turn_where_it_was_heard():
    belief = believed(*[(3, 0.7)] * 5, *[(5, 0.7)] * 5)
    assert lasting(belief).argmax(-1).tolist() == [3] * 5 + [5] * 5


def test_many_windows_that_agree_are_surer_than_each_of_them():
    belief = believed(*[(4, 0.5)] * 8)
    assert lasting(belief)[:, 4].min() > 0.6
    assert lasting(belief, evidence=0.4)[:, 4].max() < lasting(belief)[:, 4].min()


def test_an_emotion_lasts_through_a_pause_and_what_comes_next_counts_as_much_as_what_came_before():
    belief = believed(*[(1, 0.8)] * 3, (7, 0.9), (7, 0.9), *[(1, 0.8)] * 3)
    presence = torch.ones(1, 8)
    presence[0, 3:5] = 0
    held = lasting(belief, presence)
    assert held.argmax(-1).tolist() == [1] * 8
    torch.testing.assert_close(held, held.flip(0))


def test_a_single_window_of_all_evidence_is_believed_as_it_is():
    belief = believed((6, 0.55))
    torch.testing.assert_close(lasting(belief), belief[0])


def test_it_is_the_exact_posterior_of_the_hidden_markov_model():
    """Summed over all paths, which is possible for three emotions and four windows."""
    generator = torch.Generator().manual_seed(3)
    belief = torch.rand(1, 4, 3, generator=generator).softmax(-1)
    presence = torch.tensor([[1.0, 0.5, 0.0, 1.0]])
    stays, evidence = torch.tensor([[0.7, 0.2, 0.9]]), 0.8
    expected = torch.zeros(4, 3)
    for path in itertools.product(range(3), repeat=4):
        probability = 1.0
        for window, state in enumerate(path):
            probability *= float(belief[0, window, state] ** (evidence * presence[0, window]))
            if window:
                stay = float(stays[0, window - 1])
                probability *= stay if state == path[window - 1] else (1 - stay) / 2
        for window, state in enumerate(path):
            expected[window, state] += probability
    found = lasting_belief(belief, presence, stays, evidence)[0]
    torch.testing.assert_close(found, expected / expected.sum(-1, keepdim=True))


@pytest.mark.parametrize("num_windows", [1, 2, 2000])
def test_rows_are_finite_and_sum_to_one_whatever_is_believed(num_windows):
    belief = torch.zeros(2, num_windows, EMOTIONS)
    belief[0, :, 0] = belief[1, ::2, 3] = belief[1, 1::2, 4] = 1.0
    found = lasting_belief(belief, torch.ones(2, num_windows), torch.full((2, num_windows - 1), 0.8), 1.0)
    assert found.isfinite().all()
    torch.testing.assert_close(found.sum(-1), torch.ones(2, num_windows))


def test_a_turn_comes_at_the_pause_where_the_windows_leave_it_open():
    belief = believed(*[(1, 0.7)] * 3, (1, 0.3), (2, 0.3), *[(2, 0.7)] * 3)
    for turn in (2, 3, 4, 5):
        stays = torch.full((1, 7), 0.9)
        stays[0, turn - 1] = 0.2
        found = lasting_belief(belief, torch.ones(1, 8), stays, 0.4)[0].argmax(-1)
        assert found.tolist() == [1] * turn + [2] * (8 - turn), turn


def test_pauses_are_between_words_and_are_found_in_the_step_of_their_middle():
    voicing = torch.zeros(2, 100)
    voicing[0, 20:40] = voicing[0, 45:60] = voicing[0, 70:90] = 1  # 5 frames without a voice, then 10
    centres = torch.arange(5.0, 100, 10)
    found = pauses(voicing, centres)
    assert found.shape == (2, 9)
    assert found[0].nonzero().flatten().tolist() == [5]  # 64.5 lies between 55 and 65
    assert not found[1].any()
    assert pauses(voicing, centres[:1]).shape == (2, 0)
