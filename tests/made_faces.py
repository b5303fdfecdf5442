"""Invented action units of invented actors, so that tests need no films."""

import csv

import numpy as np

from cemnet.training.performer.captured_people import CELLS, NUM_CELLS, ActionUnitTable

UNITS = ("AU01", "AU04", "AU12", "AU17", "AU25", "AU43")


def made_table(num_actors=12, manner=0.2, noise=0.06, seed=0):
    """Actors who share typical faces; each unit of an actor is off by `manner` in every emotion (angles)."""
    rng = np.random.default_rng(seed)
    typical = 0.75 + 0.15 * np.random.default_rng(99).normal(size=(NUM_CELLS, len(UNITS)))
    offset = manner * rng.normal(size=(num_actors, 1, len(UNITS)))
    angles = typical + offset + noise * rng.normal(size=(num_actors, NUM_CELLS, len(UNITS)))
    names = tuple(f"{actor + 1:02d}" for actor in range(num_actors))
    return ActionUnitTable(names, UNITS, np.sin(angles.clip(0, np.pi / 2)) ** 2)


def write_table(path, table):
    """The table as a csv like that of the films."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"{unit}_mean" for unit in table.units), *(f"{unit}_std" for unit in table.units), "file"])
        for actor, faces in zip(table.actors, table.values, strict=True):
            for (emotion, strength), face in zip(CELLS, faces, strict=True):
                name = f"01-01-{emotion + 1:02d}-{strength + 1:02d}-01-01-{actor}.mp4"
                writer.writerow([*face, *np.zeros_like(face), name])
