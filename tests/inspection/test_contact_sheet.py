"""A contact sheet shows the portrait and moments of the performance, close to the face."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from cemnet import pipeline
from cemnet.errors import MediaError
from cemnet.inspection.contact_sheet import TILE, face_square, save_contact_sheet, tile
from cemnet.media import images
from cemnet.types import Motion


@pytest.fixture(scope="module")
def model():
    return pipeline.load_model(device="cpu")


@pytest.fixture(scope="module")
def face(model, samples):
    return pipeline.face_reference(model, images.read_image(samples / "portrait.png"))


def motion(num_frames: int) -> Motion:
    expression = torch.zeros(num_frames, 52)
    expression[:, 17] = torch.linspace(0, 1, num_frames)  # the jaw opens
    return Motion(expression, torch.zeros(num_frames, 3), 25.0)


@pytest.mark.slow
def test_the_square_lies_around_the_face_and_is_square(face):
    left, top, right, bottom = face_square(face)
    inner = face.landmarks.box
    assert abs((right - left) - (bottom - top)) <= 1
    assert left < inner[0] < inner[2] < right and top < inner[1] < inner[3] < bottom


def test_a_tile_is_the_part_inside_the_box_with_its_label_in_the_corner():
    frame = np.zeros((100, 100, 4), np.float32)
    frame[20:60, 30:70, 1] = 1
    pixels = np.asarray(tile(frame, (30, 20, 70, 60), "0.40 s"))
    assert pixels.shape == (TILE, TILE, 3)
    assert (pixels[: TILE - 20] == (0, 255, 0)).all()
    assert pixels[TILE - 18 :, :50, 0].max() > 240  # white letters, with soft edges


@pytest.mark.slow
@pytest.mark.parametrize("num_frames", [1, 9])
def test_the_sheet_has_two_rows_and_begins_with_the_portrait(model, face, tmp_path, num_frames):
    path = tmp_path / "new folder" / "sheet.png"
    save_contact_sheet(path, model.renderer, face, motion(num_frames), columns=2)
    sheet = np.asarray(Image.open(path))
    assert sheet.shape == (2 * TILE, 2 * TILE, 3)
    portrait = np.asarray(tile(face.image.numpy(), face_square(face), "portrait"))
    np.testing.assert_array_equal(sheet[:TILE, :TILE], portrait)
    first, last = sheet[:TILE, TILE:].astype(int), sheet[TILE:, TILE:].astype(int)
    assert (np.abs(last - first)[: TILE - 20].max() > 50) == (num_frames > 1)


@pytest.mark.slow
def test_an_existing_sheet_is_kept_unless_asked_and_a_folder_is_none(model, face, tmp_path):
    path = tmp_path / "sheet.png"
    path.write_bytes(b"precious")
    with pytest.raises(MediaError, match="exists already"):
        save_contact_sheet(path, model.renderer, face, motion(1), columns=2)
    assert path.read_bytes() == b"precious"
    save_contact_sheet(path, model.renderer, face, motion(1), overwrite=True, columns=2)
    assert Image.open(path).size == (2 * TILE, 2 * TILE)
    with pytest.raises(MediaError, match="not exist or is not writable"):
        save_contact_sheet(path / "below a file.png", model.renderer, replace(face), motion(1), columns=2)
