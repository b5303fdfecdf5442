"""Prosody and timbre of a voice at the frame rate of motion, independent of the recording's level."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..config import PROSODY_DIM, VOICE_DIM
from ..types import MOTION_FPS
from .mel import LogMel
from .pitch import PITCH_FPS, QUIETEST_REFERENCE_RMS, PitchTrack, centred_windows, pitch_track

ENERGY_WINDOW = 1024
QUIETEST_RMS = 1e-6
SILENCE_NATS = 6.0
STEPS_PER_FRAME = PITCH_FPS // int(MOTION_FPS)
QUALITY_DIM = 4  # octaves, jitter, harmonicity, shimmer
STEPS_AT_ONCE = 1000 * STEPS_PER_FRAME


def voice_features(
    waveform: Float[Tensor, "sample"],
    num_frames: int,
    mel: LogMel | None = None,
    each_block: Callable[[], object] = lambda: None,
) -> Float[Tensor, "frame voice"]:
    """Prosody and timbre at MOTION_FPS, frame t measured around the time (t + ½) / 25.

    The first config.PROSODY_DIM columns are prosody: log-energy relative to the clip's loud parts (0 loud, −1 silent);
    log-energy against full scale (about −1 to 1); pitch relative to the clip's median in octaves (0 where unvoiced);
    voicing (0 or 1). Timbre follows: the shape of the log-mel spectrum and how it changes (80 bands each, in decades),
    pitch in octaves above 100 Hz, its jitter, harmonicity, shimmer. All but the second column ignore the recording's
    level. Silence and the time after the sound's end give finite values. `mel` is the waveform's, where it is known;
    `each_block` is called now and then.
    """
    waveform = waveform.detach().cpu()
    signal = waveform.numpy().astype(np.float32, copy=False)
    pitch = pitch_track(signal, num_frames * STEPS_PER_FRAME, each_block)
    features = np.empty((num_frames, VOICE_DIM), np.float32)
    features[:, :PROSODY_DIM] = _prosody(signal, pitch, num_frames, each_block)
    _shape_and_flux(mel or LogMel(waveform, each_block), features[:, PROSODY_DIM:-QUALITY_DIM])
    features[:, -QUALITY_DIM:] = _quality(pitch, num_frames)
    return torch.from_numpy(features)


def _prosody(
    signal: Float[np.ndarray, "sample"], pitch: PitchTrack, num_frames: int, each_block: Callable[[], object]
) -> Float[np.ndarray, "frame 4"]:
    energy = _log_rms(signal, num_frames, each_block)
    octaves, voiced = _pitch_at_motion_fps(pitch, num_frames)
    relative = ((energy - _loud_level(energy)) / SILENCE_NATS).clip(-1.0, 0.5)
    absolute = (energy + 7.0) / 6.0
    median = np.median(pitch.octaves[pitch.voiced]) if pitch.voiced.any() else 0.0
    return np.stack([relative, absolute, np.where(voiced, octaves - median, 0.0), voiced.astype(np.float32)], axis=1)


def _quality(pitch: PitchTrack, num_frames: int) -> Float[np.ndarray, "frame 4"]:
    """Octaves, jitter, harmonicity and shimmer."""
    both_voiced = pitch.voiced & np.append(pitch.voiced[1:], False)
    jitter = _change(pitch.octaves) * both_voiced
    quality = np.column_stack([jitter, pitch.harmonicity, _change(np.log(pitch.rms + 1e-5))])
    octaves, _ = _pitch_at_motion_fps(pitch, num_frames)
    return np.column_stack([octaves, _mean_of_steps(quality)])


def _shape_and_flux(mel: LogMel, features: Float[np.ndarray, "frame shape_and_flux"]) -> None:
    """Writes the shape of the spectrum, and how it changes, in the mean of each frame's steps; in blocks, for long
    sound. The last step is held to the end."""
    num_steps = len(features) * STEPS_PER_FRAME
    for start in range(0, num_steps, STEPS_AT_ONCE):
        stop = min(start + STEPS_AT_ONCE + 1, num_steps)  # a change is one to the next step
        block = 4.0 * mel.part(min(start, mel.num_frames - 1), min(stop, mel.num_frames)).cpu().numpy().T
        block = np.pad(block, ((0, stop - start - len(block)), (0, 0)), mode="edge")
        steps = np.column_stack([block - block.mean(axis=1, keepdims=True), _change(block)])[:STEPS_AT_ONCE]
        first = start // STEPS_PER_FRAME
        features[first : first + len(steps) // STEPS_PER_FRAME] = _mean_of_steps(steps)


def _mean_of_steps(steps: Float[np.ndarray, "step channel"]) -> Float[np.ndarray, "frame channel"]:
    return steps.reshape(-1, STEPS_PER_FRAME, steps.shape[1]).mean(axis=1)


def _change(values: Float[np.ndarray, "step *channel"]) -> Float[np.ndarray, "step *channel"]:
    """Absolute difference of each step to the next; 0 at the end."""
    return np.abs(np.diff(values, axis=0, append=values[-1:]))


def _log_rms(
    signal: Float[np.ndarray, "sample"], num_frames: int, each_block: Callable[[], object]
) -> Float[np.ndarray, "frame"]:
    hann = np.hanning(ENERGY_WINDOW).astype(np.float32)
    powers = []
    for frames in centred_windows(signal, num_frames, MOTION_FPS, ENERGY_WINDOW):
        centred = frames - frames.mean(axis=1, keepdims=True)
        powers.append((centred**2 @ hann) / hann.sum())
        each_block()
    return 0.5 * np.log(np.concatenate(powers) + QUIETEST_RMS**2)


def _loud_level(energy: Float[np.ndarray, "frame"]) -> float:
    """The 95th percentile of the frames within 46 dB of the loudest, so that long pauses do not count."""
    sounding = energy[energy > energy.max() - 5.3]
    return max(float(np.percentile(sounding, 95)), float(np.log(QUIETEST_REFERENCE_RMS)))


def _pitch_at_motion_fps(
    pitch: PitchTrack, num_frames: int
) -> tuple[Float[np.ndarray, "frame"], Bool[np.ndarray, "frame"]]:
    """Mean octaves of each frame's voiced steps, 0 where fewer than half are voiced."""
    voiced_steps = pitch.voiced.reshape(num_frames, STEPS_PER_FRAME)
    count = voiced_steps.sum(axis=1)
    total = pitch.octaves.reshape(num_frames, STEPS_PER_FRAME).sum(axis=1)
    is_voiced = count * 2 >= STEPS_PER_FRAME
    return np.where(is_voiced, total / np.maximum(count, 1), 0.0).astype(np.float32), is_voiced
