"""What is measured directly in the sound: the mono signal, Whisper's mel spectrogram, loudness and pitch."""

from dataclasses import dataclass
from functools import lru_cache

import librosa
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from .types import MOTION_FPS, SAMPLE_RATE, Audio

NUM_MELS = 80
MEL_WINDOW = 400
MEL_HOP = 160
SAMPLES_PER_TOKEN = 2 * MEL_HOP

ENERGY_WINDOW = 1024
QUIETEST_RMS = 1e-6
QUIETEST_REFERENCE_RMS = 4e-4  # below −68 dB of full scale nobody speaks
SILENCE_NATS = 6.0

PITCH_FPS = 100  # as many as mel frames
REFERENCE_PITCH_HZ = 100.0
PITCH_WINDOW = 768  # three periods of the lowest pitch
PITCH_LOWEST_HZ, PITCH_HIGHEST_HZ = 62.5, 640.0
PITCH_CANDIDATES = 4
STEPS_PER_FRAME = PITCH_FPS // int(MOTION_FPS)
PITCH_BLOCK = 3000  # steps analysed at once: bounds the memory that long sound takes
VOICING_THRESHOLD = 0.45


def mono_16k(audio: Audio) -> Float[Tensor, "sample"]:
    """One channel at SAMPLE_RATE, float32, ceil(samples · 16000 / rate) long; what is not finite becomes silence.

    Channels are averaged, unless they cancel each other (one wired in reverse): then the loudest one speaks.
    """
    channels = audio.waveform.detach().to("cpu", torch.float32).nan_to_num(0.0, 0.0, 0.0)
    mono = channels.mean(dim=0)
    powers = channels.square().mean(dim=1)
    if mono.square().mean() < 0.05 * powers.mean():
        mono = channels[int(powers.argmax())]
    if audio.sample_rate == SAMPLE_RATE:
        return mono.clone()
    resampled = librosa.resample(mono.numpy(), orig_sr=audio.sample_rate, target_sr=SAMPLE_RATE, res_type="soxr_hq")
    return torch.from_numpy(np.ascontiguousarray(resampled, np.float32))


def num_motion_frames(num_samples: int, fps: float = MOTION_FPS) -> int:
    """How many frames cover this many samples at SAMPLE_RATE; at least one."""
    return max(1, int(np.ceil(num_samples * fps / SAMPLE_RATE - 1e-6)))


@lru_cache(maxsize=1)
def _mel_filters() -> Float[Tensor, "mel bin"]:
    return torch.from_numpy(librosa.filters.mel(sr=SAMPLE_RATE, n_fft=MEL_WINDOW, n_mels=NUM_MELS))


def log_mel(waveform: Float[Tensor, "sample"]) -> Float[Tensor, "mel frame"]:
    """Whisper's log-mel spectrogram (openai/whisper, audio.py) at 100 frames a second, without its padding to 30 s.

    The sound is padded to whole tokens, so the number of frames is even: 2 · ceil(samples / 320).
    """
    num_tokens = max(2, -(-waveform.shape[-1] // SAMPLES_PER_TOKEN))
    padded = F.pad(waveform.float(), (0, num_tokens * SAMPLES_PER_TOKEN - waveform.shape[-1]))
    window = torch.hann_window(MEL_WINDOW, device=padded.device)
    spectrum = torch.stft(padded, MEL_WINDOW, MEL_HOP, window=window, return_complex=True)[:, :-1]
    with torch.autocast(padded.device.type, enabled=False):  # half precision has no room for powers
        mel = _mel_filters().to(padded.device) @ spectrum.abs().square()
    decades = mel.clamp(min=1e-10).log10()
    decades = decades.maximum(decades.max() - 8.0)
    return (decades + 4.0) / 4.0


@dataclass(frozen=True)
class PitchTrack:
    """The voice's period at PITCH_FPS."""

    hertz: Float[np.ndarray, "step"]
    voiced: Bool[np.ndarray, "step"]
    harmonicity: Float[np.ndarray, "step"]  # autocorrelation at the period, 0 (noise) to 1
    rms: Float[np.ndarray, "step"]

    @property
    def octaves(self) -> Float[np.ndarray, "step"]:
        """Above REFERENCE_PITCH_HZ; 0 where unvoiced."""
        return np.log2(np.where(self.voiced, self.hertz, REFERENCE_PITCH_HZ) / REFERENCE_PITCH_HZ)


def voice_features(waveform: Float[Tensor, "sample"], num_frames: int) -> Float[Tensor, "frame voice"]:
    """Prosody and timbre at MOTION_FPS, frame t measured around the time (t + ½) / 25.

    The first config.PROSODY_DIM columns are prosody: log-energy relative to the clip's loud parts (0 loud, −1 silent);
    log-energy against full scale (about −1 to 1); pitch relative to the clip's median in octaves (0 where unvoiced);
    voicing (0 or 1). Timbre follows: the shape of the log-mel spectrum and how it changes (80 bands each, in decades),
    pitch in octaves above 100 Hz, its jitter, harmonicity, shimmer. All but the second column ignore the recording's
    level. Silence and the time after the sound's end give finite values.
    """
    signal = waveform.detach().cpu().numpy().astype(np.float32)
    pitch = pitch_track(signal, num_frames * STEPS_PER_FRAME)
    features = np.concatenate([_prosody(signal, pitch, num_frames), _timbre(waveform, pitch, num_frames)], axis=1)
    return torch.from_numpy(features.astype(np.float32))


def _prosody(signal: Float[np.ndarray, "sample"], pitch: PitchTrack, num_frames: int) -> Float[np.ndarray, "frame 4"]:
    energy = _log_rms(signal, num_frames)
    octaves, voiced = _pitch_at_motion_fps(pitch, num_frames)
    relative = ((energy - _loud_level(energy)) / SILENCE_NATS).clip(-1.0, 0.5)
    absolute = (energy + 7.0) / 6.0
    median = np.median(pitch.octaves[pitch.voiced]) if pitch.voiced.any() else 0.0
    return np.stack([relative, absolute, np.where(voiced, octaves - median, 0.0), voiced.astype(np.float32)], axis=1)


def _timbre(waveform: Float[Tensor, "sample"], pitch: PitchTrack, num_frames: int) -> Float[np.ndarray, "frame timbre"]:
    num_steps = num_frames * STEPS_PER_FRAME
    decades = 4.0 * log_mel(waveform.detach().cpu()).numpy().T[:num_steps]
    decades = np.pad(decades, ((0, num_steps - len(decades)), (0, 0)), mode="edge")
    shape = decades - decades.mean(axis=1, keepdims=True)
    both_voiced = pitch.voiced & np.append(pitch.voiced[1:], False)
    jitter = _change(pitch.octaves) * both_voiced
    steps = np.column_stack([shape, _change(decades), jitter, pitch.harmonicity, _change(np.log(pitch.rms + 1e-5))])
    shape_and_flux, quality = np.split(steps.reshape(num_frames, STEPS_PER_FRAME, -1).mean(axis=1), [2 * NUM_MELS], 1)
    octaves, _ = _pitch_at_motion_fps(pitch, num_frames)
    return np.column_stack([shape_and_flux, octaves, quality])


def _change(values: Float[np.ndarray, "step *channel"]) -> Float[np.ndarray, "step *channel"]:
    """How far each step is from the next; 0 at the end."""
    return np.abs(np.diff(values, axis=0, append=values[-1:]))


def _windows(
    signal: Float[np.ndarray, "sample"], num_frames: int, fps: float, size: int
) -> Float[np.ndarray, "frame size"]:
    """A view of `size` samples around the middle of each frame; zeros beyond both ends."""
    hop = round(SAMPLE_RATE / fps)
    padded = np.zeros(max(signal.shape[0], num_frames * hop) + size, np.float32)
    padded[size // 2 : size // 2 + signal.shape[0]] = signal
    return np.lib.stride_tricks.sliding_window_view(padded, size)[hop // 2 :: hop][:num_frames]


def _log_rms(signal: Float[np.ndarray, "sample"], num_frames: int) -> Float[np.ndarray, "frame"]:
    frames = _windows(signal, num_frames, MOTION_FPS, ENERGY_WINDOW)
    hann = np.hanning(ENERGY_WINDOW).astype(np.float32)
    frames = frames - frames.mean(axis=1, keepdims=True)
    return 0.5 * np.log((frames**2 @ hann) / hann.sum() + QUIETEST_RMS**2)


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


def pitch_track(signal: Float[np.ndarray, "sample"], num_steps: int) -> PitchTrack:
    """Pitch and voicing: normalised autocorrelation and the cheapest path through its peaks.

    Source: Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993.
    """
    frames = _windows(signal, num_steps, PITCH_FPS, PITCH_WINDOW)
    blocks = [_pitch_candidates(frames[start : start + PITCH_BLOCK]) for start in range(0, num_steps, PITCH_BLOCK)]
    lags, strengths, rms = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    path = _cheapest_path(lags, strengths)
    steps = np.arange(num_steps)
    loud = max(float(np.percentile(rms, 95)), QUIETEST_REFERENCE_RMS)
    harmonicity = strengths[steps, path]
    voiced = (harmonicity > VOICING_THRESHOLD) & (rms > 0.02 * loud)
    return PitchTrack((SAMPLE_RATE / lags[steps, path]).astype(np.float32), voiced, harmonicity, rms)


def _pitch_candidates(
    frames: Float[np.ndarray, "step size"],
) -> tuple[Float[np.ndarray, "step candidate"], Float[np.ndarray, "step candidate"], Float[np.ndarray, "step"]]:
    """Lags of possible pitch periods, their strengths, and how loud each window is."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    lags, strengths = _peaks(_normalised_autocorrelation(centred))
    return lags, strengths, np.sqrt((centred**2).mean(axis=1))


def _normalised_autocorrelation(frames: Float[np.ndarray, "step size"]) -> Float[np.ndarray, "step lag"]:
    hann = np.hanning(PITCH_WINDOW).astype(np.float32)
    num_lags = int(SAMPLE_RATE / PITCH_LOWEST_HZ) + 2

    def autocorrelation(values: np.ndarray) -> np.ndarray:
        spectrum = torch.fft.rfft(torch.from_numpy(values), n=1024 + 256)
        return torch.fft.irfft(spectrum.abs().square(), n=1024 + 256)[..., :num_lags].numpy()

    raw, window = autocorrelation(frames * hann), autocorrelation(hann)
    energy = raw[:, :1] + 1e-10
    return (raw / energy / (window / window[0])).astype(np.float32)


def _peaks(
    correlation: Float[np.ndarray, "step lag"],
) -> tuple[Float[np.ndarray, "step candidate"], Float[np.ndarray, "step candidate"]]:
    """The strongest local maxima: refined lags in samples, and strengths (0 where a step has fewer peaks)."""
    shortest = int(SAMPLE_RATE / PITCH_HIGHEST_HZ)
    left, middle, right = (correlation[:, shortest + shift : correlation.shape[1] - 2 + shift] for shift in (0, 1, 2))
    lag_axis = np.arange(shortest + 1, correlation.shape[1] - 1)
    is_peak = (middle > left) & (middle >= right) & (middle > 0)
    octave_cost = 0.06 * np.log2(lag_axis / (shortest + 1))  # of two equal peaks the shorter period is the pitch
    score = np.where(is_peak, middle - octave_cost, -1.0)
    best = np.argpartition(-score, PITCH_CANDIDATES, axis=1)[:, :PITCH_CANDIDATES]
    pick = lambda values: np.take_along_axis(values, best, axis=1)  # noqa: E731
    low, peak, high = pick(left), pick(middle), pick(right)
    curvature = np.minimum(low - 2 * peak + high, -1e-6)
    offset = (0.5 * (low - high) / curvature).clip(-0.5, 0.5)
    found = pick(score) > -1.0
    return (lag_axis[best] + np.where(found, offset, 0.0)).astype(np.float32), np.where(found, peak, 0.0)


def _cheapest_path(
    lags: Float[np.ndarray, "step candidate"], strengths: Float[np.ndarray, "step candidate"]
) -> np.ndarray:
    """Viterbi: strong peaks, short periods, small jumps."""
    octaves = np.log2(lags)
    local = -strengths + 0.06 * octaves
    jumps = 0.5 * np.abs(octaves[1:, None, :] - octaves[:-1, :, None])  # step, from, to
    cost, came_from = local[0], np.zeros(lags.shape, int)
    for step in range(1, len(lags)):
        totals = cost[:, None] + jumps[step - 1]
        came_from[step] = totals.argmin(axis=0)
        cost = totals.min(axis=0) + local[step]
    path = np.zeros(len(lags), int)
    path[-1] = cost.argmin()
    for step in range(len(lags) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
