"""One training step's losses, by name: emotion recognition, the memory, and (cross-)reconstruction of performances."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ...emotion.audio_emotion import VoiceEmotion
from ...emotion.bridging_memory import EmotionMemory
from ...emotion.states import emotion_state
from ...network import EmotionNetwork, Performed, bridged_face
from .adversary import EmotionAdversary
from .losses import (
    closure_loss,
    course_loss,
    expression_loss,
    slot_perplexity,
    sound_loss,
    supervised_contrastive_loss,
    weighted_mean,
)

LABEL_SMOOTHING = 0.15  # keeps the branch from overconfidence on voices of the training set
Batch = Mapping[str, Tensor]  # see cross_pairs.CrossPairs


class Objective(nn.Module):
    """A network and its losses in one module, so that a step can be spread over devices."""

    def __init__(self, network: EmotionNetwork, heard_share: float, adversary: float = 1.0) -> None:
        super().__init__()
        self.network = network
        self.heard_share = heard_share
        self.adversary = EmotionAdversary(network.config.audio_emotion.num_sounds, adversary)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Every loss of one batch by name; entries that start with "monitor_" are logged and not minimised.

        A share of the performances is driven by the emotion that the network hears, the rest by the labels. They train
        content, course and motion, and where they are driven by what is heard, hearing too. It learns from labelled
        voices besides.
        """
        network = self.network
        hearing = network.audio_emotion
        heard = hearing.judge(batch["voice_statistics"], batch["voice_normal"])
        course = hearing.course_of(batch["prosody"])
        sounds = hearing.sound_logits(batch["hidden"])
        content = hearing.content_of(sounds)
        performed = network.perform(
            content,
            batch["prosody"],
            batch["reference_expression"],
            batch["reference_state"],
            driving_state(heard, course, batch, self.heard_share),
            driving_embedding(heard, batch, course.shape[1]),
            seen=batch["reference_seen"],
        )
        return {
            **hearing_losses(
                hearing.judge(batch["judged_statistics"].flatten(0, 1), batch["judged_normal"].flatten(0, 1)), batch
            ),
            "sounds": sound_loss(sounds, batch["sounds"], batch["present"]),
            "adversary": self.adversary(content, batch["prosody"][..., 3], batch["present"], batch["content_style"]),
            "course": F.mse_loss(course, batch["course"]),
            **performance_losses(performed, batch),
            **memory_losses(network.emotion_memory, batch),
            "memory_manner": manner_loss(network.emotion_memory, heard.embedding, batch),
            **(self.captured_losses(heard, batch) if "captured_expression" in batch else {}),
        }

    def captured_losses(self, heard: VoiceEmotion, batch: Batch) -> dict[str, Tensor]:
        """The batch's people speak captured words in the emotions that they are asked for, and move as was captured.

        Content is heard as it is; the decoder alone learns to move with it.
        """
        hearing, prosody = self.network.audio_emotion, batch["captured_prosody"]
        content = hearing.content(batch["captured_hidden"]).detach()
        course = hearing.course_of(prosody).detach()
        target = driving_state(heard, course, batch, self.heard_share)
        memory, expression, reference = (
            self.network.emotion_memory,
            batch["reference_expression"],
            batch["reference_state"],
        )
        person = memory.remember(expression, reference, batch["reference_seen"])
        face = bridged_face(memory, person, expression[:, 0], reference[:, 0], target)
        embedding = driving_embedding(heard, batch, course.shape[1])
        performed, _, _ = self.network.motion_decoder(
            content, prosody, target.detach(), face.detach(), embedding.detach()
        )
        return {"captured": course_loss(performed, batch["captured_expression"], batch["captured_known"])}


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


def driving_embedding(heard: VoiceEmotion, batch: Batch, num_frames: int) -> Float[Tensor, "batch frame embedding"]:
    """What is heard of the emotion clip, the same in all frames; 0 where an emotion is asked for by name."""
    spoken = heard.embedding.masked_fill(batch["asked"].unsqueeze(1), 0.0)
    return spoken.unsqueeze(1).expand(-1, num_frames, -1)


def hearing_losses(heard: VoiceEmotion, batch: Batch) -> dict[str, Tensor]:
    """Losses of recognised style, strength and manner against the labels; one row of `heard` for each voice."""
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
    per_clip = expression_loss(performed.expression, batch["expression"], batch["trust"])
    turned = (performed.head - batch["head"]).abs().mean(dim=-1)
    same = batch["same_clip"].float()
    return {
        "reconstruction": (per_clip * same).sum() / same.sum().clamp_min(1),
        "cross_reconstruction": (per_clip * (1 - same)).sum() / (1 - same).sum().clamp_min(1),
        "closure": closure_loss(performed.closure, batch["closed"]),
        "head": weighted_mean(turned, batch["trust"]),
    }


def random_states(like: Float[Tensor, "batch shown"]) -> Float[Tensor, "batch state shown"]:
    """Targets to bridge to: one state for each emotion, half of them at full intensity, the others at a random one."""
    every = torch.eye(like.shape[-1], device=like.device).expand(len(like), -1, -1)
    intensity = torch.rand(len(like), like.shape[-1], 1, device=like.device)
    return every * torch.where(torch.rand_like(intensity) < 0.5, 1.0, intensity)


def memory_losses(memory: EmotionMemory, batch: Batch) -> dict[str, Tensor]:
    """Losses of the memory on people whose every face is known: of the displacement, and of the face that it shows.

    Absolute errors: where a portrait cannot tell, the memory learns what most people do, not a mean of all habits. Of
    filmed people only the emotions that were filmed count, and the blendshapes that speech leaves alone.
    """
    expression, reference = batch["reference_expression"], batch["reference_state"]
    person = memory.remember(expression, reference, batch["reference_seen"])
    wanted, first = random_states(reference[:, 0]), reference[:, 0]
    truth = (wanted - first.unsqueeze(1)) @ batch["apex_displacement"]
    face = (batch["rest"].unsqueeze(1) + wanted @ batch["apex_displacement"]).clamp(0, 1)
    shown = bridged_face(memory, person, expression[:, 0], first, wanted)
    known = (batch["apex_known"].unsqueeze(-1) * batch["face_known"].unsqueeze(1)).expand_as(truth)
    usage = person.contribution / person.contribution.sum(dim=-1, keepdim=True).clamp_min(1e-6)
    return {
        "memory_displacement": weighted_mean((person.displacement(first, wanted) - truth).abs(), known),
        "memory_face": weighted_mean((shown - face).abs(), known),
        "monitor_slot_perplexity": slot_perplexity(usage),
    }


def manner_loss(memory: EmotionMemory, embedding: Float[Tensor, "batch embedding"], batch: Batch) -> Float[Tensor, ""]:
    """Absolute error of what the voice's manner adds to the labelled emotion at full intensity."""
    shown = emotion_state(batch["target_emotion"], torch.ones_like(batch["target_intensity"]))
    added = memory.manner(embedding.unsqueeze(1), shown.unsqueeze(1)).squeeze(1)
    missed = (added - batch["manner_displacement"]).abs().mean(dim=-1)
    spoken = (batch["acted"] & ~batch["asked"]).float()
    return (missed * spoken).sum() / spoken.sum().clamp_min(1)
