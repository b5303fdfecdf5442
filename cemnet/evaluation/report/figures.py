"""Figures of the evaluation reports, drawn with matplotlib (the "train" extra) into pictures; no window is opened."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from .intervals import Interval

DOTS_PER_INCH = 110
INK = "#1c1c1c"


def to_image(figure: Figure) -> Image.Image:
    """The figure as an RGB picture of DOTS_PER_INCH."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", facecolor="white")
    return Image.open(file).convert("RGB")


def heat_map(
    axes: Axes,
    values: Float[np.ndarray, "row column"],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    largest: float = 1.0,
) -> None:
    """Shares as colours with their percentages written in; NaN stays white."""
    axes.imshow(values, vmin=0, vmax=largest, cmap="YlGnBu", aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_title(title, fontsize=10, color=INK)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            colour = "white" if value > 0.55 * largest else INK
            axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8, color=colour)


def matrix_figure(
    matrices: Mapping[str, Float[np.ndarray, "row column"]],
    rows: Sequence[str],
    columns: Sequence[str],
    row_name: str,
    column_name: str,
    per_line: int = 4,
) -> Image.Image:
    """Heat maps beside each other, one for each name."""
    num_lines = -(-len(matrices) // per_line)
    across = min(per_line, len(matrices))
    figure = Figure(figsize=(3.3 * across, 3.4 * num_lines), layout="constrained")
    panels = figure.subplots(num_lines, across, squeeze=False).ravel()
    for axes, (name, values) in zip(panels, matrices.items(), strict=False):
        heat_map(axes, values, rows, columns, name)
    for axes in panels[len(matrices) :]:
        axes.axis("off")
    figure.supxlabel(column_name, fontsize=10)
    figure.supylabel(row_name, fontsize=10)
    return to_image(figure)


def address_figure(
    addresses: Float[np.ndarray, "row slot"], rows: Sequence[str], title: str, group: int
) -> Image.Image:
    """Shares of an address as colours: a row for each pair of emotions, a white line between groups of rows."""
    figure = Figure(figsize=(11, 0.17 * len(rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(addresses, vmin=0, cmap="magma", aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(rows)), rows, fontsize=6)
    axes.set_xlabel("slot")
    axes.set_title(title, fontsize=10)
    for line in range(group, len(rows), group):
        axes.axhline(line - 0.5, color="white", linewidth=0.5)
    figure.colorbar(drawn, ax=axes, label="share of the address")
    return to_image(figure)


def curves_figure(
    panels: Mapping[str, Mapping[str, Float[np.ndarray, "frame"]]], fps: float, marks: Mapping[str, float] | None = None
) -> Image.Image:
    """A panel for each title with named curves over seconds; `marks` puts a vertical line into panels by title."""
    figure = Figure(figsize=(11, 1.9 * len(panels)), layout="constrained")
    for axes, (title, curves) in zip(
        figure.subplots(len(panels), 1, squeeze=False).ravel(), panels.items(), strict=True
    ):
        for name, values in curves.items():
            axes.plot(np.arange(len(values)) / fps, values, label=name, linewidth=1.4)
        if marks and title in marks:
            axes.axvline(marks[title], color=INK, linewidth=0.8, linestyle=":")
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_ylim(-0.02, 1.02)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    figure.supxlabel("seconds", fontsize=9)
    return to_image(figure)


def reliability_figure(
    confidence: Float[np.ndarray, "bin"],
    accuracy: Float[np.ndarray, "bin"],
    share: Float[np.ndarray, "bin"],
    title: str,
) -> Image.Image:
    """Accuracy against confidence of a belief; the size of a dot is the share of clips in its bin."""
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    axes.scatter(confidence, accuracy, s=20 + 900 * share, alpha=0.7)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="how sure", ylabel="how often right")
    axes.set_title(title, fontsize=10)
    return to_image(figure)


def bars_figure(panels: Mapping[str, Mapping[str, Interval]], per_line: int = 5) -> Image.Image:
    """A panel for each measure, with a bar and its interval for each system."""
    num_lines, across = -(-len(panels) // per_line), min(per_line, len(panels))
    figure = Figure(figsize=(2.5 * across, 2.6 * num_lines), layout="constrained")
    drawn = figure.subplots(num_lines, across, squeeze=False).ravel()
    names = list(dict.fromkeys(name for bars in panels.values() for name in bars))
    for axes, (title, bars) in zip(drawn, panels.items(), strict=False):
        for name, each in bars.items():
            colour, place = f"C{names.index(name) % 10}", names.index(name)
            axes.bar(place, each.value, color=colour)
            if np.isfinite(each.low) and np.isfinite(each.high):
                reach = [[max(each.value - each.low, 0.0)], [max(each.high - each.value, 0.0)]]
                axes.errorbar(place, each.value, reach, color=INK, linewidth=0.8, capsize=2)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
        axes.set_title(title, fontsize=9, color=INK)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in drawn[len(panels) :]:
        axes.axis("off")
    return to_image(figure)
