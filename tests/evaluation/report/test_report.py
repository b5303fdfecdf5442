"""Reports that need no other file, and figures that show what they are given."""

import base64
import io
import re

import numpy as np
from PIL import Image

from cemnet.evaluation.report.figures import address_figure, curves_figure, matrix_figure, reliability_figure
from cemnet.evaluation.report.report import Picture, Report, Table

TABLE = Table("Hits & misses", ("system", "hit %"), [("full", "91.2"), ("copy <reference>", "3")], "All of them.")


def test_text_has_every_table_in_columns():
    lines = Report("Matrix", "Seed 0.", [TABLE]).text().splitlines()
    assert lines[:2] == ["Matrix", "Seed 0."]
    assert "full              91.2" in lines
    assert "copy <reference>  3" in lines


def test_html_holds_its_pictures_and_escapes_its_words(tmp_path):
    picture = Picture("A sheet", Image.new("RGB", (30, 20), "red"), photographic=True)
    Report("Matrix", parts=[TABLE, picture]).save(tmp_path / "new", "matrix")
    page = (tmp_path / "new" / "matrix.html").read_text()
    assert "copy &lt;reference&gt;" in page
    assert "Hits &amp; misses" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    stored = re.search(r"data:image/jpeg;base64,([^\"]+)", page)
    assert stored
    red, green, _ = np.asarray(Image.open(io.BytesIO(base64.b64decode(stored[1]))))[10, 15]
    assert red > 240 > 20 > green
    assert (tmp_path / "new" / "matrix.txt").read_text().startswith("Matrix")


def test_a_matrix_is_darker_where_it_is_larger():
    values = np.array([[0.0, 1.0], [np.nan, 0.5]])
    figure = np.asarray(matrix_figure({"full": values}, ("a", "b"), ("c", "d"), "rows", "columns").convert("L"))
    empty = np.asarray(matrix_figure({"full": values * 0}, ("a", "b"), ("c", "d"), "rows", "columns").convert("L"))
    assert figure.mean() < empty.mean() - 5


def test_figures_are_drawn_for_curves_addresses_and_reliability():
    rng = np.random.default_rng(0)
    two = curves_figure({"first": {"jaw": rng.uniform(size=50)}, "second": {"jaw": rng.uniform(size=40)}}, 25.0)
    one = curves_figure({"first": {"jaw": rng.uniform(size=50)}}, 25.0, {"first": 1.0})
    assert two.height > 1.5 * one.height
    addresses = address_figure(rng.dirichlet(np.ones(12), 14), [f"pair {row}" for row in range(14)], "map", 7)
    reliability = reliability_figure(np.array([0.3, np.nan]), np.array([0.4, np.nan]), np.array([1.0, 0.0]), "voices")
    for picture in (two, one, addresses, reliability):
        assert np.asarray(picture).std() > 5
