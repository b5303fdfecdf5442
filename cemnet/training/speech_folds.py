"""Speech emotion by speakers never heard: the emotion branch trained without some speakers and tested on them."""

import itertools
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import trange

from ..audio_emotion import AudioEmotionEncoder
from ..config import AudioEmotionConfig
from .datasets import STYLES, FeatureClip, FeatureClips, voiced_weights
from .losses import supervised_contrastive_loss

SHORTEST_FRAMES = 30


def random_part(
    clip: FeatureClip, longest_frames: int, rng: np.random.Generator
) -> tuple[Float[Tensor, "layer frame channel"], Float[Tensor, "frame voice"]]:
    """A stretch of one of the clip's recordings, around its voice."""
    recording = clip.recordings[int(rng.integers(len(clip.recordings)))]
    total = len(recording.prosody)
    length = min(total, int(rng.integers(SHORTEST_FRAMES, longest_frames + 1)))
    voiced = torch.nonzero(recording.prosody[:, 3]).flatten().tolist() or [0, total - 1]
    start = int(rng.integers(0, max(0, min(voiced[-1] - length // 2, total - length)) + 1))
    part = slice(start, start + length)
    return recording.hidden[:, part].float(), recording.voice[part]


def input_statistics(
    encoder: AudioEmotionEncoder, hidden: Float[Tensor, "layer frame channel"], voice: Float[Tensor, "frame voice"]
) -> Float[Tensor, "statistic"]:
    """What the emotion branch sees of one sound as a whole."""
    return encoder.statistics(hidden.unsqueeze(0), voice.unsqueeze(0), voiced_weights(voice).unsqueeze(0))[0, 0]


def train_emotion_branch(
    clips: Sequence[FeatureClip], config: AudioEmotionConfig, num_steps: int, seed: int, parts_per_clip: int = 6
) -> AudioEmotionEncoder:
    """The emotion branch alone, with the losses that the whole model gives it, on parts of clips drawn beforehand."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    encoder = AudioEmotionEncoder(config)
    whole = ((clip.recordings[0].hidden.float(), clip.recordings[0].voice) for clip in clips)
    parts = (random_part(clip, 100, rng) for clip in clips for _ in range(parts_per_clip))
    with torch.no_grad():
        table = torch.stack([input_statistics(encoder, *sound) for sound in itertools.chain(whole, parts)])
    labels = torch.tensor(
        [clip.style for clip in clips] + [clip.style for clip in clips for _ in range(parts_per_clip)]
    )
    encoder.statistics_mean.copy_(table.mean(0))
    encoder.statistics_scale.copy_(table.std(0).clamp_min(1e-3))
    optimizer = torch.optim.AdamW(encoder.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, num_steps)
    encoder.train()
    for _ in trange(num_steps, desc="Fold", leave=False):
        rows = torch.randint(len(table), (64,))
        heard = encoder.judge(table[rows])
        loss = F.cross_entropy(heard.style_logits, labels[rows], label_smoothing=0.05)
        loss = loss + 0.3 * supervised_contrastive_loss(heard.embedding, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return encoder.eval()


@torch.no_grad()
def judge_clips(
    encoder: AudioEmotionEncoder, clips: Sequence[FeatureClip], styles: Sequence[str]
) -> Int[np.ndarray, "clip"]:
    """The likeliest of the given styles for each whole, clean clip, as an index into STYLES."""
    allowed = torch.tensor([STYLES.index(style) for style in styles])
    sounds = [(clip.recordings[0].hidden.float(), clip.recordings[0].voice) for clip in clips]
    logits = encoder.judge(torch.stack([input_statistics(encoder, *sound) for sound in sounds])).style_logits
    return allowed[logits[:, allowed].argmax(1)].numpy()


def fold_accuracies(
    clips: FeatureClips, source: str, folds: Sequence[Sequence[str]], config: AudioEmotionConfig, num_steps: int
) -> list[float]:
    """Accuracy on each fold's speakers of one source; clips of other sources always train along."""
    labelled = [clip for clip in clips.clips if clip.is_labelled]
    styles = sorted({STYLES[clip.style] for clip in labelled if clip.clip.source == source})
    accuracies = []
    for seed, speakers in enumerate(folds):
        held_out = [clip for clip in labelled if clip.clip.source == source and clip.clip.speaker in speakers]
        rest = [clip for clip in labelled if clip.clip.source != source or clip.clip.speaker not in speakers]
        judged = judge_clips(train_emotion_branch(rest, config, num_steps, seed), held_out, styles)
        accuracies.append(float(np.mean(judged == np.array([clip.style for clip in held_out]))))
    return accuracies
