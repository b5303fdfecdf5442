"""What one video is scored by: frames in which the voice peaks, who is seen, and its truth."""

import dataclasses

import numpy as np
import pytest
import torch
from brightness_judge import BrightnessJudge
from scipy.io import wavfile

from cemnet import pipeline
from cemnet.evaluation.matrix.judge import judge_box
from cemnet.evaluation.videos.backbones import Backbone
from cemnet.evaluation.videos.pairs import Pair
from cemnet.evaluation.videos.scoring import (
    Tools,
    chosen_frames,
    distances,
    features_of,
    identity,
    lip_sync_errors,
    open_scene,
    verdict,
)
from cemnet.evaluation.videos.watching import watch
from cemnet.media.images import read_image
from cemnet.media.video_writer import VideoWriter

pytestmark = pytest.mark.slow
FRAMES = 6


class Whiteness:
    """A recogniser to whom pictures that are all white are of somebody else."""

    def embedding(self, image, face):
        return np.array([float(image.mean() > 0.9), 1.0])


@pytest.fixture(scope="module")
def tools():
    return Tools(pipeline.load_model(device="cpu"), BrightnessJudge(), frames=2)


@pytest.fixture(scope="module")
def scene(tools, samples, tmp_path_factory):
    rate, sound = wavfile.read(samples / "speech.wav")
    voice = tmp_path_factory.mktemp("voice") / "voice.wav"
    wavfile.write(voice, rate, sound[: rate // 2])
    return open_scene(tools, Pair(2, "a.mp4", samples / "portrait.png", voice, "happy", "sad", None, "anna"))


@pytest.fixture(scope="module")
def video(tools, samples, tmp_path_factory):
    """The portrait for a quarter of a second, one frame of which is dark."""
    path, picture = tmp_path_factory.mktemp("video") / "a.mp4", read_image(samples / "portrait.png")[..., :3].numpy()
    with VideoWriter(path, 25, picture.shape[1], picture.shape[0]) as film:
        for index in range(FRAMES):
            film.write(picture * np.float32(0.6 if index == 4 else 1.0))
    return watch(tools.model.landmarker, path)


def test_frames_are_chosen_by_their_number(video):
    found = chosen_frames(video, {0, 4, 99})
    assert sorted(found) == [0, 4]
    assert found[4].mean() < 0.7 * found[0].mean()


def test_the_judge_sees_the_mean_of_the_chosen_frames(tools, scene):
    bright, dark = (np.full((64, 64, 3), level, np.float32) for level in (0.9, 0.1))
    box = judge_box(scene.face.landmarks)
    assert (seen := verdict(tools, scene, "system", [bright, bright, dark], box)) is not None
    assert seen.says == "happy" and max(seen.seen) == pytest.approx(2 / 3)
    assert (seen.reference, seen.target, seen.person, seen.clip) == ("happy", "sad", "anna", "voice")


def test_without_a_judge_or_without_frames_there_is_no_verdict(tools, scene):
    box = judge_box(scene.face.landmarks)
    assert verdict(tools, scene, "system", [], box) is None
    judged = [np.zeros((64, 64, 3), np.float32)]
    assert verdict(dataclasses.replace(tools, judge=None), scene, "system", judged, box) is None


def test_who_is_seen_is_told_by_the_recogniser(tools, scene, video):
    assert np.isnan(identity(tools, scene, video, {}))
    known = dataclasses.replace(tools, recogniser=Whiteness())
    frames = {index: np.full((64, 64, 3), 255, np.uint8) for index in range(FRAMES)}
    assert identity(known, scene, video, frames) == pytest.approx(1 / np.sqrt(2))


def test_a_video_is_its_own_truth_and_nothing_is_measured_without_networks(tools, scene, video):
    found = distances(tools, video, video)
    assert (found.m_lmd, found.f_lmd, found.psnr) == (0.0, 0.0, 70.0)
    assert found.ssim == pytest.approx(1) and np.isnan(found.lpips) and found.features is None
    assert np.isnan(lip_sync_errors(tools, scene, video)).all()
    assert features_of(tools, video) is None


def test_networks_see_crops_of_every_frame(tools, scene, video, tmp_path):
    class MeanColours(torch.nn.Module):
        def forward(self, pictures):
            return pictures.mean(dim=(2, 3))

    path = tmp_path / "inception.pt"
    torch.jit.save(torch.jit.trace(MeanColours(), torch.rand(2, 3, 299, 299)), str(path))
    seeing = dataclasses.replace(tools, inception=Backbone(path, "Inception network"))
    assert (features := features_of(seeing, video)) is not None
    assert features.shape == (FRAMES, 3)
    assert features[4].mean() < 0.7 * features[0].mean()
