"""The order of examples: endless, told by the seed, and another one in each round."""

from itertools import islice

from cemnet.training.examples import Numbered, Shuffled


def test_numbers_go_on():
    assert list(islice(Numbered(), 5)) == [0, 1, 2, 3, 4]


def test_every_round_has_all_examples_in_another_order():
    drawn = list(islice(Shuffled(6, seed=1), 18))
    rounds = [drawn[start : start + 6] for start in (0, 6, 12)]
    assert all(sorted(each) == list(range(6)) for each in rounds)
    assert len({tuple(each) for each in rounds}) == 3
    assert drawn == list(islice(Shuffled(6, seed=1), 18))
    assert drawn != list(islice(Shuffled(6, seed=2), 18))
