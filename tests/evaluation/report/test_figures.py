"""Figures that show what they are given."""

import numpy as np
import pytest

from cemnet.evaluation.report.figures import address_figure, curves_figure, matrix_figure, reliability_figure


def test_a_matrix_is_darker_where_it_is_larger():
    values = np.array([[0.0, 1.0], [np.nan, 0.5]])
    figure = np.asarray(matrix_figure({"full": values}, ("a", "b"), ("c", "d"), "rows", "columns").convert("L"))
    empty = np.asarray(matrix_figure({"full": values * 0}, ("a", "b"), ("c", "d"), "rows", "columns").convert("L"))
    assert figure.mean() < empty.mean() - 5


@pytest.mark.slow
def test_figures_are_drawn_for_curves_addresses_and_reliability():
    rng = np.random.default_rng(0)
    two = curves_figure({"first": {"jaw": rng.uniform(size=50)}, "second": {"jaw": rng.uniform(size=40)}}, 25.0)
    one = curves_figure({"first": {"jaw": rng.uniform(size=50)}}, 25.0, {"first": 1.0})
    assert two.height > 1.5 * one.height
    addresses = address_figure(rng.dirichlet(np.ones(12), 14), [f"pair {row}" for row in range(14)], "map", 7)
    reliability = reliability_figure(np.array([0.3, np.nan]), np.array([0.4, np.nan]), np.array([1.0, 0.0]), "voices")
    for picture in (two, one, addresses, reliability):
        assert np.asarray(picture).std() > 5
