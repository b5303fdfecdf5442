"""Few people in many cells: covariances stay proper, and what is smoothed comes nearer to the truth."""

import numpy as np
import pytest

from cemnet.training.performer.people_statistics import (
    SMOOTHINGS,
    Smoothing,
    fit_typical,
    likeliest_smoothing,
    log_likelihood,
    shrink_table,
    simplify,
    smooth,
)

EMOTION = np.array([0, 1, 1, 2, 2, 3, 3])


def drawn(num_people, covariance, seed=0, num_units=8, typical: float | np.ndarray = 0.0):
    root = np.linalg.cholesky(covariance)
    draws = np.random.default_rng(seed).normal(size=(num_people, len(covariance), num_units))
    return typical + np.einsum("cd,pdu->pcu", root, draws)


def test_three_numbers_are_left_of_a_simple_covariance():
    simple = simplify(np.cov(np.random.default_rng(0).normal(size=(7, 30))), EMOTION)
    assert len(set(simple.round(9).flat)) == 3
    assert simplify(simple, EMOTION) == pytest.approx(simple)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_a_smoothed_covariance_is_one_and_keeps_the_total_variance(smoothing):
    pooled = np.cov(np.random.default_rng(0).normal(size=(7, 9)))
    smoothed = smooth(pooled, EMOTION, smoothing)
    assert np.linalg.eigvalsh(smoothed).min() > 0
    assert np.trace(smoothed) == pytest.approx(np.trace(pooled), rel=0.2)


def test_the_table_of_few_people_is_nearer_to_the_truth_when_shrunk():
    truth = 0.3 * np.random.default_rng(1).normal(size=(7, 8))
    covariance = 0.5 + np.eye(7)
    mean = drawn(6, covariance, typical=truth).mean(0)
    face, doubt = shrink_table(mean, covariance / 6, EMOTION)
    assert ((face - truth) ** 2).mean() < 0.9 * ((mean - truth) ** 2).mean()
    assert np.linalg.eigvalsh(doubt).min() > -1e-9


def test_the_likelihood_is_that_of_a_normal_distribution():
    from scipy.stats import multivariate_normal

    fit = fit_typical(drawn(12, 0.5 + np.eye(7)), EMOTION, Smoothing(0.5, 0.5, 0.02))
    person = drawn(1, np.eye(7), seed=5)[0]
    expected = sum(
        multivariate_normal(fit.face[:, unit], fit.covariance[unit]).logpdf(person[:, unit]) for unit in range(8)
    )
    assert log_likelihood(person, fit) == pytest.approx(expected)


def test_people_without_a_gain_are_not_given_one_and_simple_people_are_smoothed_most():
    simple = 0.6 + 0.2 * (EMOTION[:, None] == EMOTION) + 0.5 * np.eye(7)
    chosen = likeliest_smoothing(drawn(12, simple, typical=2.0 * EMOTION[:, None]), EMOTION)
    assert chosen.gain == 0
    assert chosen.simple == max(smoothing.simple for smoothing in SMOOTHINGS)
