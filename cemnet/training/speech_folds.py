"""Speech emotion by speakers never heard: the emotion branch trained without some speakers and tested on them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from tqdm import trange

from ..audio_emotion import AudioEmotionEncoder
from ..config import AudioEmotionConfig
from .datasets import STYLES, FeatureClip, FeatureClips
from .objective import hearing_losses, total_loss
from .settings import LOSS_WEIGHTS
from .voice_table import VoiceTable, whole_statistics

BRANCH_STEPS, BATCH_SIZE = 3000, 64
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2


def train_emotion_branch(
    voices: VoiceTable, config: AudioEmotionConfig, num_steps: int, seed: int
) -> AudioEmotionEncoder:
    """The emotion branch alone, with the losses that the whole model gives it."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    encoder = AudioEmotionEncoder(config).standardised(*voices.scale)
    optimizer = torch.optim.AdamW(encoder.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, num_steps)
    encoder.train()
    for _ in trange(num_steps, desc="Fold", leave=False):
        batch = voices.judged(BATCH_SIZE, rng)
        losses = hearing_losses(encoder.judge(batch["judged_statistics"]), batch)
        optimizer.zero_grad()
        total_loss(losses, LOSS_WEIGHTS).backward()
        optimizer.step()
        schedule.step()
    return encoder.eval()


@torch.no_grad()
def judge_clips(
    encoder: AudioEmotionEncoder, clips: Sequence[FeatureClip], styles: Sequence[str]
) -> Int[np.ndarray, "clip"]:
    """The likeliest of the given styles for each whole, clean clip, as an index into STYLES."""
    allowed = torch.tensor([STYLES.index(style) for style in styles])
    statistics = torch.stack([whole_statistics(clip.recordings[0]) for clip in clips]).float()
    logits = encoder.judge(statistics).style_logits
    return allowed[logits[:, allowed].argmax(1)].numpy()


def fold_accuracies(
    clips: FeatureClips, source: str, folds: Sequence[Sequence[str]], config: AudioEmotionConfig, num_steps: int
) -> list[float]:
    """Accuracy on each fold's speakers of one source; clips of other sources always train along."""
    labelled = [clip for clip in clips.clips if clip.is_labelled]
    styles = sorted({STYLES[clip.style] for clip in labelled if clip.clip.source == source})
    voices, accuracies = VoiceTable.of(labelled, seed=0), []
    for seed, speakers in enumerate(folds):
        held_out = [clip for clip in labelled if clip.clip.source == source and clip.clip.speaker in speakers]
        rest = [clip for clip in labelled if clip.clip.source != source or clip.clip.speaker not in speakers]
        judged = judge_clips(train_emotion_branch(voices.only(rest), config, num_steps, seed), held_out, styles)
        accuracies.append(float(np.mean(judged == np.array([clip.style for clip in held_out]))))
    return accuracies
