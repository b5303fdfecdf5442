"""Training of the emotion branch alone, without memory and decoder: for speaker folds and temperatures."""

import numpy as np
import torch
from tqdm import trange

from ...config import AudioEmotionConfig
from ...emotion.audio_emotion import AudioEmotionEncoder
from ...types import MOTION_FPS
from ..task import total_loss
from .objective import hearing_losses
from .settings import LOSS_WEIGHTS
from .voice_statistics import VoiceTable

BRANCH_STEPS, BATCH_SIZE = 3000, 64
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
MOMENT_FRAMES = round(0.4 * MOTION_FPS)  # the hop of the model's windows


def train_emotion_branch(
    voices: VoiceTable, config: AudioEmotionConfig, num_steps: int, seed: int
) -> AudioEmotionEncoder:
    """The emotion branch trained with the losses that it has in the whole model; ready for inference."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    encoder = AudioEmotionEncoder(config).standardised(*voices.scale)
    optimizer = torch.optim.AdamW(encoder.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, num_steps)
    encoder.train()
    for _ in trange(num_steps, desc="Fold", leave=False):
        batch = voices.judged(BATCH_SIZE, rng)
        losses = hearing_losses(encoder.judge(batch["judged_statistics"], batch["judged_normal"]), batch)
        optimizer.zero_grad()
        total_loss(losses, LOSS_WEIGHTS).backward()
        optimizer.step()
        schedule.step()
    return encoder.eval()
