"""One training step's losses, by name: emotion recognition, the memory, and (cross-)reconstruction of performances."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ...emotion.audio_emotion import VoiceEmotion
from ...emotion.states import emotion_state
from ...network import EmotionNetwork, Performed
from .losses import (
    alignment_loss,
    closure_loss,
    expression_loss,
    slot_decorrelation_loss,
    slot_perplexity,
    supervised_contrastive_loss,
)

LABEL_SMOOTHING = 0.15  # keeps the branch from overconfidence on voices of the training set
Batch = Mapping[str, Tensor]  # see cross_pairs.CrossPairs


class Objective(nn.Module):
    """A network and its losses in one module, so that a step can be spread over devices."""

    def __init__(self, network: EmotionNetwork, heard_share: float) -> None:
        super().__init__()
        self.network = network
        self.heard_share = heard_share

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Every loss of one batch by name; entries that start with "monitor_" are logged and not minimised.

        A share of the performances is driven by the emotion that the network hears, the rest by the labels. They train
        content, course and motion, and where they are driven by what is heard, hearing too. It learns from labelled
        voices besides.
        """
        network = self.network
        heard = network.audio_emotion.judge(batch["voice_statistics"])
        course = network.audio_emotion.course_of(batch["prosody"])
        performed = network.perform(
            network.audio_emotion.content(batch["hidden"]),
            batch["prosody"],
            batch["reference_expression"],
            batch["reference_state"],
            driving_state(heard, course, batch, self.heard_share),
        )
        return {
            **hearing_losses(network.audio_emotion.judge(batch["judged_statistics"].flatten(0, 1)), batch),
            "course": F.mse_loss(course, batch["course"]),
            **performance_losses(performed, batch),
            **memory_losses(network, batch),
        }


def driving_state(
    heard: VoiceEmotion, course: Float[Tensor, "batch frame"], batch: Batch, heard_share: float
) -> Float[Tensor, "batch frame shown"]:
    """The emotion to perform: heard from the emotion clip or, for the other share, as labelled."""
    listen = torch.rand(len(course), 1, device=course.device) < heard_share
    listen = listen & ~batch["asked"].unsqueeze(1)
    probabilities = torch.where(listen, heard.emotion, batch["target_emotion"])
    strength = torch.where(listen[:, 0], heard.intensity, batch["target_intensity"])
    num_frames = course.shape[1]
    return emotion_state(probabilities.unsqueeze(1).expand(-1, num_frames, -1), strength.unsqueeze(1) * course)


def hearing_losses(heard: VoiceEmotion, batch: Batch) -> dict[str, Tensor]:
    """Losses of recognised style, strength and manner against the labels; one row of `heard` for each labelled voice."""
    style, strength = batch["judged_style"].flatten(), batch["judged_strength"].flatten()
    return {
        "emotion": F.cross_entropy(heard.style_logits, style, label_smoothing=LABEL_SMOOTHING),
        "contrast": supervised_contrastive_loss(heard.emotional, style),
        "strength": F.mse_loss(heard.strength, strength),
        "manner": F.mse_loss(heard.manner, batch["judged_manner"].reshape(heard.manner.shape)),
        "monitor_emotion_accuracy": (heard.style_logits.argmax(-1) == style).float().mean(),
    }


def performance_losses(performed: Performed, batch: Batch) -> dict[str, Tensor]:
    """Losses of the decoder: content i with emotion i (reconstruction), and with emotion j (cross-reconstruction)."""
    per_clip = expression_loss(performed.expression, batch["expression"])
    same = batch["same_clip"].float()
    return {
        "reconstruction": (per_clip * same).sum() / same.sum().clamp_min(1),
        "cross_reconstruction": (per_clip * (1 - same)).sum() / (1 - same).sum().clamp_min(1),
        "closure": closure_loss(performed.closure, batch["closed"]),
        "head": F.l1_loss(performed.head, batch["head"]),
    }


def random_states(like: Float[Tensor, "batch shown"]) -> Float[Tensor, "batch state shown"]:
    """Targets to bridge to: one state for each emotion, with a random intensity."""
    every = torch.eye(like.shape[-1], device=like.device).expand(len(like), -1, -1)
    return every * torch.rand(len(like), like.shape[-1], 1, device=like.device)


def memory_losses(network: EmotionNetwork, batch: Batch) -> dict[str, Tensor]:
    """Losses of the memory. Values learn from value addressing and from bridges; keys learn with the values fixed."""
    memory = network.emotion_memory
    identity = memory.identity_code(batch["reference_expression"], batch["reference_state"])
    apex = batch["apex_displacement"]  # of this person, neutral to each emotion
    value_address = memory.address_of_displacement(apex)
    key_address = memory.apex_addresses(identity)
    retrieved = key_address @ memory.values.detach()
    wanted = random_states(batch["reference_state"])
    bridged, _ = memory(batch["reference_state"], wanted, identity)
    return {
        "memory_value": F.mse_loss(value_address @ memory.values, apex) * 52,
        "memory_retrieval": F.mse_loss(retrieved, apex) * 52,
        "memory_bridge": F.mse_loss(bridged, (wanted - batch["reference_state"].unsqueeze(1)) @ apex) * 52,
        "memory_alignment": alignment_loss(value_address, key_address),
        "memory_decorrelation": slot_decorrelation_loss(memory.values),
        "monitor_slot_perplexity": slot_perplexity(key_address),
        "monitor_retrieval_error": (retrieved - apex).abs().mean(),
    }
