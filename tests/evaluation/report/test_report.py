"""Reports that need no other file."""

import base64
import io
import re

import numpy as np
from PIL import Image

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
