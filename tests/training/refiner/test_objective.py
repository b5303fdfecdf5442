"""Training the refiner: pairs become batches, mirroring is its own opposite, and the losses can be learnt away."""

import pytest
import torch

from cemnet.arkit import ARKIT_INDEX, NUM_EXPRESSIONS
from cemnet.errors import CEMNetError
from cemnet.render.refiner.crop import (
    CROP_HEIGHT,
    CROP_WIDTH,
    GRID,
)
from cemnet.render.refiner.inputs import NUM_LAYOUT
from cemnet.render.refiner.network import Refiner, RefinerConfig
from cemnet.training.refiner.objective import PairBatch, RefinerObjective, RefinerSettings


@pytest.fixture
def stored():
    """Two grey faces that should be lighter in the upper half."""
    torch.manual_seed(1)
    rows, columns = GRID
    composed = torch.full((2, CROP_HEIGHT, CROP_WIDTH, 3), 100, dtype=torch.uint8)
    target = composed.clone()
    target[:, : CROP_HEIGHT // 2] = 120
    layout = torch.zeros(2, rows, columns, NUM_LAYOUT)
    layout[..., 4] = torch.linspace(1, -1, rows)[:, None]
    mask = torch.full((2, CROP_HEIGHT, CROP_WIDTH), 255, dtype=torch.uint8)
    return {
        "composed": composed,
        "target": target,
        "folds": torch.zeros(2, CROP_HEIGHT, CROP_WIDTH),
        "openings": torch.zeros_like(mask),
        "share": mask,
        "layout": layout,
        "expressions": torch.rand(2, 104),
    }


def test_the_mirror_image_of_a_mirror_image_is_the_pair_itself(stored):
    batch = PairBatch.of(stored)
    twice = batch.mirrored().mirrored()
    for name, values in vars(batch).items():
        torch.testing.assert_close(getattr(twice, name), values)


def test_a_smile_on_the_left_is_one_on_the_right_in_the_mirror():
    rows, columns = GRID
    picture = torch.zeros(1, 3, CROP_HEIGHT, CROP_WIDTH)
    picture[..., : CROP_WIDTH // 2] = 1
    mask = torch.zeros(1, 1, CROP_HEIGHT, CROP_WIDTH)
    expressions = torch.zeros(1, 2 * NUM_EXPRESSIONS)  # the portrait's, then the frame's
    left, right = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]
    expressions[0, left], expressions[0, NUM_EXPRESSIONS + left] = 0.3, 0.9
    layout = torch.zeros(1, NUM_LAYOUT, rows, columns)
    batch = PairBatch(picture, picture, mask, mask, mask, layout, expressions).mirrored()
    assert batch.composed[..., : CROP_WIDTH // 2].max() == 0 and batch.target[..., CROP_WIDTH // 2 :].min() == 1
    portrait, frame = batch.expressions[0].split(NUM_EXPRESSIONS)
    torch.testing.assert_close(torch.stack([portrait[right], frame[right]]), torch.tensor([0.3, 0.9]))
    assert portrait[left] == frame[left] == 0


def test_an_untrained_refiner_changes_nothing(stored):
    batch = PairBatch.of(stored)
    torch.testing.assert_close(batch.refined(Refiner(RefinerConfig((8, 8, 8)))), batch.composed)


@pytest.mark.slow
def test_what_a_pair_wants_is_learnt(stored):
    torch.manual_seed(0)
    objective, batch = RefinerObjective(Refiner(RefinerConfig((16, 16, 16)))), PairBatch.of(stored)
    optimizer = torch.optim.Adam(objective.parameters(), 3e-3)
    for _ in range(60):
        losses = objective(stored)
        sum(losses.values(), torch.zeros(())).backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        left = (batch.refined(objective.refiner) - batch.target).abs().mean()
    assert left < 0.8 * (batch.composed - batch.target).abs().mean()


def test_unknown_settings_are_named(tmp_path):
    config = tmp_path / "refiner.yaml"
    config.write_text("refiner: {widths: [8, 8, 8]}\nnum_haeds: 3\n")
    with pytest.raises(CEMNetError, match="num_haeds"):
        RefinerSettings.load(config)
    config.write_text("refiner: {widths: [8, 8, 8]}\nportraits: [a.png]\nnum_heads: 3\n")
    settings = RefinerSettings.load(config)
    assert settings.refiner.widths == (8, 8, 8)
    assert settings.num_heads == 3
