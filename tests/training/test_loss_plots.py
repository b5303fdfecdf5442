"""The losses of a run as a picture."""

from pathlib import Path

from cemnet.media import images
from cemnet.training.loss_plots import draw_losses, read_losses
from cemnet.training.run_folder import LOSSES, VALIDATION


def drawn(folder: Path) -> tuple[int, ...]:
    """Height, width and channels of the picture."""
    path = draw_losses(folder)
    assert path is not None and path.name == "losses.png"
    return images.read_image(path).shape


def test_every_loss_has_a_panel_in_the_picture(tmp_path):
    (tmp_path / LOSSES).write_text("step,head,course\n10,0.5,0.2\n20,0.4,0.1\n")
    one_row = drawn(tmp_path)
    (tmp_path / VALIDATION).write_text("step,loss,head,sounds,strength\n10,0.9,0.6,3.0,1.0\n")
    two_rows = drawn(tmp_path)
    assert two_rows[0] == 2 * one_row[0] and two_rows[1] == one_row[1]
    assert read_losses(tmp_path / LOSSES) == {"step": [10, 20], "head": [0.5, 0.4], "course": [0.2, 0.1]}


def test_a_run_that_has_logged_nothing_is_not_drawn(tmp_path):
    assert draw_losses(tmp_path) is None
    assert not list(tmp_path.iterdir())
