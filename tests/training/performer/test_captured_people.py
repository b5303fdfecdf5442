"""Tables of filmed faces are read strictly, and sampled people are like those whom the model was fitted to."""

import numpy as np
import pytest
from made_faces import UNITS, made_table, write_table

from cemnet.errors import CEMNetError
from cemnet.training.performer.captured_people import (
    NUM_CELLS,
    ActionUnitTable,
    PeopleModel,
    angles_of,
    units_of,
)


@pytest.fixture(scope="module")
def model():
    return PeopleModel.fit(made_table(24))


def test_a_table_is_read_as_it_was_written(tmp_path):
    table = made_table(3)
    write_table(tmp_path / "table.csv", table)
    read = ActionUnitTable.read(tmp_path / "table.csv")
    assert (read.actors, read.units) == (("01", "02", "03"), UNITS)
    assert read.values == pytest.approx(table.values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:1] + lines[2:], "no clip of normal neutral"),
        (lambda lines: [*lines, lines[-1]], "two clips"),
        (lambda lines: [lines[0].replace("file", "film"), *lines[1:]], "column"),
        (lambda lines: lines[:1], "column"),
        (lambda lines: [lines[0], lines[1].replace("01-01-01-01", "01-01-09-01"), *lines[2:]], "not a name"),
        (lambda lines: [lines[0], "1.5," + lines[1].split(",", 1)[1], *lines[2:]], "between 0 and 1"),
        (lambda lines: [lines[0], "," + lines[1].split(",", 1)[1], *lines[2:]], "between 0 and 1"),
    ],
)
def test_a_broken_table_is_refused_in_a_sentence(tmp_path, change, said):
    path = tmp_path / "table.csv"
    write_table(path, made_table(2))
    path.write_text("\n".join(change(path.read_text().splitlines())))
    with pytest.raises(CEMNetError, match=said):
        ActionUnitTable.read(path)


def test_a_missing_table_and_too_few_actors_are_refused(tmp_path):
    with pytest.raises(CEMNetError, match="no table"):
        ActionUnitTable.read(tmp_path / "none.csv")
    with pytest.raises(CEMNetError, match="at least"):
        PeopleModel.fit(made_table(2))


def test_actors_are_left_out_with_all_their_clips():
    table = made_table(4)
    rest = table.without(["02"])
    assert rest.actors == ("01", "03", "04")
    assert np.array_equal(rest.values, table.values[[0, 2, 3]])


def test_the_mean_unit_of_a_noisy_angle_is_that_of_many_draws():
    angle, noise = np.array([0.1, 0.8]), np.array([0.3, 0.1])
    drawn = np.sin(angle + noise * np.random.default_rng(0).normal(size=(200_000, 2))) ** 2
    assert units_of(angle, noise) == pytest.approx(drawn.mean(0), abs=2e-3)
    assert units_of(angles_of(np.array([0.3])), np.zeros(1)) == pytest.approx([0.3])


@pytest.mark.slow
def test_sampled_people_are_like_the_actors_in_the_mean_and_in_how_they_differ(model):
    table, people = made_table(24), model.sample(np.random.default_rng(0), 2048)
    assert abs(people.units.mean(0) - table.values.mean(0)).mean() < 0.03
    levels = [angles.mean(1).std(0) for angles in (people.angles, angles_of(table.values))]
    assert levels[0] / levels[1] == pytest.approx(np.ones(len(UNITS)), abs=0.4)


@pytest.mark.slow
def test_a_stronger_manner_makes_sampled_people_differ_more():
    weak, strong = (PeopleModel.fit(made_table(16, manner=manner)) for manner in (0.03, 0.2))
    spread = [model.sample(np.random.default_rng(0), 512).angles.mean(1).std(0).mean() for model in (weak, strong)]
    assert spread[1] > 3 * spread[0]


def test_rest_and_displacements_make_up_the_faces(model):
    people = model.sample(np.random.default_rng(0), 16)
    for standardised, faces in ((False, people.units), (True, people.standard_units)):
        rest, displacements = people.rest_and_displacements(standardised)
        assert displacements.shape == (16, NUM_CELLS - 1, len(UNITS))
        assert rest[:, None] + displacements == pytest.approx(faces[:, 1:])
    mean, spread = made_table(24).scale
    assert people.standard_units * spread + mean == pytest.approx(people.units)


@pytest.mark.slow
def test_units_of_a_whole_face_hang_together_only_where_they_do_in_the_films():
    rng, table = np.random.default_rng(0), made_table(16, manner=0.1)
    angles = angles_of(table.values)
    angles[..., 1] = angles[..., 0] + 0.02 * rng.normal(size=angles.shape[:2])
    model = PeopleModel.fit(ActionUnitTable(table.actors, table.units, np.sin(angles) ** 2))
    whole, apart = (model.sample(rng, 1024, whole_faces=each).angles[:, 3] for each in (True, False))
    assert np.corrcoef(whole[:, 0], whole[:, 1])[0, 1] > 0.8
    assert abs(np.corrcoef(whole[:, 0], whole[:, 2])[0, 1]) < 0.3
    assert abs(np.corrcoef(apart[:, 0], apart[:, 1])[0, 1]) < 0.15


def test_one_seed_draws_the_same_people_and_another_seed_others(model):
    first, same, other = (model.sample(np.random.default_rng(seed), 8).angles for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.allclose(first, other)
