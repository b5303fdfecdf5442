"""The losses of a run as a picture: one panel for each, over the steps, with those of the validation where they are."""

import csv
from pathlib import Path

from matplotlib.figure import Figure

from .run_folder import LOSSES, VALIDATION

COLUMNS = 4
STYLES = {"training": "C0-", "validation": "C1.-"}
PANEL_INCHES = 3.2, 2.2


def read_losses(path: Path) -> dict[str, list[float]]:
    """The columns of a csv file of losses by name, `step` among them; empty where there is no file."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}


def draw_losses(output: Path) -> Path | None:
    """Writes losses.png into a run's folder and returns it; None where no loss was written yet."""
    curves = {"training": read_losses(output / LOSSES), "validation": read_losses(output / VALIDATION)}
    names = list(dict.fromkeys(name for columns in curves.values() for name in columns if name != "step"))
    names.sort(key=lambda name: name != "loss")  # the sum comes first
    if not names:
        return None
    num_rows = -(-len(names) // COLUMNS)
    figure = Figure((COLUMNS * PANEL_INCHES[0], num_rows * PANEL_INCHES[1]), layout="constrained")
    for name, panel in zip(names, figure.subplots(num_rows, COLUMNS, squeeze=False).flat, strict=False):
        for label, columns in curves.items():
            if name in columns:
                panel.plot(columns["step"], columns[name], STYLES[label], label=label)
        panel.set_title(name, fontsize=9)
        panel.legend(fontsize=7)
    for panel in figure.axes[len(names) :]:
        panel.set_axis_off()
    path = output / "losses.png"
    figure.savefig(path, dpi=80)
    return path
