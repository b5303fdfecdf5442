"""Audio Emotion Enhancement (AEE): what the voice says (content) and how (emotion), each on its own branch.

The enhancement pulls an emotion embedding toward learned prototypes. It is meant to amplify a weak cue; retrained
without it, accuracy stays the same (docs/experiments.md). Prototypes and embedding are shaped by labelled voices, a
supervised-contrastive loss (Khosla et al. 2020) and cross-reconstruction. Beside the emotion, the embedding z keeps the
manner of the voice (`speech.manner`): which of the many ways to be angry. Who is known by their normal voice is heard
by how they differ from it, too: what sounds sad in one speaker or recording is usual in another.

Content is a phonetic posteriorgram: what sounds each frame may be, in the alphabet of the trainer. It tells less of a
speaker than free features do (Sun et al., "Phonetic posteriorgrams for many-to-one voice conversion without parallel
data training", ICME 2016), and less of an emotion (docs/experiments.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..arkit import EMOTION_INDEX, EMOTIONS, Emotion
from ..config import (
    MANNER_AXES,
    PROSODY_DIM,
    VOICE_DIM,
    WHISPER_TINY_DIM,
    WHISPER_TINY_STATES,
    AudioEmotionConfig,
)
from ..curves import smoothstep
from ..types import MOTION_FPS
from .persistence import lasting_belief, pauses

# Ways of speaking that corpora label, and the emotion each one shows on a face.
VOICE_STYLES: dict[str, Emotion] = {
    "neutral": "neutral",
    "calm": "neutral",
    "bored": "neutral",
    "happy": "happy",
    "sad": "sad",
    "angry": "angry",
    "fear": "fear",
    "disgust": "disgust",
    "surprise": "surprise",
    "contempt": "contempt",
}
NUM_LAYERS = WHISPER_TINY_STATES - 1  # the stem has no context yet and is left out
MIN_VOICED_FRAMES = 5  # a fifth of a second
SHOULDER = 1.25  # of half a window: so far from its middle a frame still counts
WINDOWS_AT_ONCE, JUDGED_AT_ONCE = 32, 512  # bounds the memory that long sound takes
NUM_STATISTICS = 2 * (NUM_LAYERS * WHISPER_TINY_DIM + VOICE_DIM)
NUM_JUDGED = 2 * NUM_STATISTICS + 1  # statistics, how they differ from the normal voice, and whether that is known


@dataclass(frozen=True)
class VoiceEmotion:
    """Output of the emotion branch, a row for each window (or frame)."""

    emotional: Float[Tensor, "*batch emotional"]  # the embedding of the emotion: enhanced, unit length
    style_logits: Float[Tensor, "*batch style"]
    probabilities: Float[Tensor, "*batch emotion"]  # calibrated belief
    strength: Float[Tensor, "*batch"]  # of the likeliest emotion in the voice, 0 to 1
    emotion: Float[Tensor, "*batch emotion"]  # to be shown: the belief, sharpened by `decide`
    intensity: Float[Tensor, "*batch"]  # to be shown: the strength, reduced where the belief is unsure
    mannered: Float[Tensor, "*batch mannered"]  # the embedding of the manner
    manner: Float[Tensor, "*batch manner"]  # the axes of `speech.manner`, against the speaker's own mean

    @property
    def embedding(self) -> Float[Tensor, "*batch embedding"]:
        """z: the embeddings of emotion and manner, config.embedding_dim long."""
        return torch.cat([self.emotional, self.mannered], dim=-1)


def frames_from_tokens(
    hidden: Float[Tensor, "layer token channel"], num_frames: int
) -> Float[Tensor, "layer frame channel"]:
    """Whisper's 50 tokens a second averaged in pairs to MOTION_FPS, the last repeated to fill num_frames."""
    missing = max(0, 2 * num_frames - hidden.shape[1])
    padded = torch.cat([hidden, hidden[:, -1:].expand(-1, missing, -1)], dim=1)[:, : 2 * num_frames]
    return padded.unflatten(1, (num_frames, 2)).mean(dim=2)


def frame_blocks(
    tokens: Iterable[Float[Tensor, "layer _ channel"]], num_frames: int
) -> Iterator[Float[Tensor, "layer frame channel"]]:
    """As `frames_from_tokens`, for tokens that come in blocks; yields at least one block, num_frames in all."""
    missing, rest = num_frames, None
    for block in tokens:
        rest = block if rest is None else torch.cat([rest, block], dim=1)
        complete = min(missing, (rest.shape[1] - 1) // 2)  # the last token is kept: it may have to fill up
        if complete:
            yield frames_from_tokens(rest, complete)
        missing, rest = missing - complete, rest[:, 2 * complete :]
    if missing and rest is not None:
        yield frames_from_tokens(rest, missing)


@dataclass(frozen=True)
class Windows:
    """Overlapping windows over the frames of a sound: flat, then a soft shoulder, so that neighbours differ little."""

    centres: Float[Tensor, "window"]  # in frames
    half: float  # of a window, in frames
    num_frames: int

    @classmethod
    def over(cls, num_frames: int, window_seconds: float, hop_seconds: float) -> "Windows":
        """One window every hop, at least one."""
        hop, half = hop_seconds * MOTION_FPS, window_seconds * MOTION_FPS / 2
        return cls(torch.arange(hop / 2, max(num_frames, hop), hop), half, num_frames)

    def __len__(self) -> int:
        return len(self.centres)

    def reached(self, first: int, last: int) -> slice:
        """All frames that count in the windows from `first` to before `last`, and few others."""
        before, after = float(self.centres[first]) - SHOULDER * self.half, self._end(last - 1)
        return slice(min(max(0, int(before)), self.num_frames - 1), min(after, self.num_frames))

    def complete(self, num_frames: int) -> int:
        """How many windows, from the first on, need none of the frames after the first `num_frames`."""
        if num_frames >= self.num_frames:
            return len(self)
        return int(((self.centres + SHOULDER * self.half).floor() + 2 <= num_frames).sum())

    def weights(
        self, first: int, last: int, voicing: Float[Tensor, "batch frame"]
    ) -> Float[Tensor, "batch window reached"]:
        """Rows that average the voiced ones of the `reached` frames, each with the sum 1. `voicing` is the sound's."""
        frames = self.reached(first, last)
        distance = (torch.arange(frames.start, frames.stop) - self.centres[first:last].unsqueeze(1)).abs()
        inside = (SHOULDER - distance / self.half).clamp(0, 1).to(voicing.device)
        weights = inside * (voicing[:, frames].unsqueeze(1) + 1e-3)
        return weights / weights.sum(dim=-1, keepdim=True).clamp_min(1e-6)

    def _end(self, index: int) -> int:
        return int(float(self.centres[index]) + SHOULDER * self.half) + 2


def window_statistics(
    hidden: Float[Tensor, "batch layer frame channel"],
    voice: Float[Tensor, "batch frame voice"],
    weights: Float[Tensor, "batch window frame"],
) -> Float[Tensor, "batch window statistic"]:
    """Weighted mean and standard deviation of Whisper's blocks and of the voice's features over each window.

    The emotion branch takes nothing else of a sound. Nothing here is learned.
    """
    features = torch.cat([*hidden[:, 1:].unbind(1), voice], dim=-1)
    mean = weights @ features
    variance = (weights @ features.square() - mean.square()).clamp_min(1e-6)
    return torch.cat([mean, variance.sqrt()], dim=-1)


class AudioEmotionEncoder(nn.Module):
    """Whisper's hidden states and `voice_features` in; content, emotion and its course in time out."""

    style_emotion: Tensor
    style_heard: Tensor
    statistics_mean: Tensor
    statistics_scale: Tensor
    deviation_scale: Tensor

    def __init__(self, config: AudioEmotionConfig) -> None:
        super().__init__()
        self.config = config
        styles = list(VOICE_STYLES)
        style_emotion = torch.zeros(len(styles), len(EMOTIONS))
        for row, emotion in enumerate(VOICE_STYLES.values()):
            style_emotion[row, EMOTION_INDEX[emotion]] = 1.0
        self.register_buffer("style_emotion", style_emotion, persistent=False)
        self.register_buffer("style_heard", torch.ones(len(styles)))  # 0 for styles that no training voice had

        self.layer_mix = nn.Parameter(torch.zeros(WHISPER_TINY_STATES))
        self.content_in = nn.Sequential(nn.LayerNorm(WHISPER_TINY_DIM), nn.Linear(WHISPER_TINY_DIM, config.content_dim))
        self.content_smooth = nn.Conv1d(config.content_dim, config.content_dim, 3, padding=1)
        self.sounds = nn.Sequential(nn.GELU(), nn.Linear(config.content_dim, config.num_sounds))

        self.register_buffer("statistics_mean", torch.zeros(NUM_STATISTICS))
        self.register_buffer("statistics_scale", torch.ones(NUM_STATISTICS))
        self.register_buffer("deviation_scale", torch.ones(NUM_STATISTICS))
        self.embed = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(NUM_JUDGED, config.hidden_dim),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden_dim, config.emotional_dim),
        )
        self.prototypes = nn.Parameter(torch.randn(len(styles), config.prototypes_per_style, config.emotional_dim))
        self.strength = nn.Linear(config.emotional_dim, 1)
        self.embed_manner = nn.Sequential(nn.Dropout(config.manner_dropout), nn.Linear(NUM_JUDGED, config.manner_dim))
        self.manner = nn.Linear(config.embedding_dim, len(MANNER_AXES))
        self.course = nn.Sequential(
            nn.Conv1d(PROSODY_DIM, 32, 9, padding=4), nn.GELU(), nn.Conv1d(32, 32, 9, padding=4), nn.GELU(),
            nn.Conv1d(32, 1, 9, padding=4),
        )  # fmt: skip

    def standardised(
        self,
        mean: Float[Tensor, "statistic"],
        scale: Float[Tensor, "statistic"],
        deviation_scale: Float[Tensor, "statistic"],
    ) -> "AudioEmotionEncoder":
        """Sets mean and spread of its input statistics, and the spread around normal voices; returns itself."""
        self.statistics_mean.copy_(mean)
        self.statistics_scale.copy_(scale)
        self.deviation_scale.copy_(deviation_scale)
        return self

    def content(self, hidden: Float[Tensor, "batch layer frame channel"]) -> Float[Tensor, "batch frame sound"]:
        """The spoken sounds, frame by frame, for the motion of the mouth: shares that sum to 1.

        They favour the likeliest sound (`config.sound_temperature`): what is unsure tells of the manner.
        """
        return self.content_of(self.sound_logits(hidden))

    def content_of(self, sound_logits: Float[Tensor, "batch frame sound"]) -> Float[Tensor, "batch frame sound"]:
        """Content for given `sound_logits`."""
        return (sound_logits / self.config.sound_temperature).softmax(dim=-1)

    def sound_logits(self, hidden: Float[Tensor, "batch layer frame channel"]) -> Float[Tensor, "batch frame sound"]:
        """Logits of the spoken sounds, frame by frame, in the order of the trainer's alphabet of phonemes."""
        return self._sounds_of(self._projected(hidden))

    def _projected(self, hidden: Float[Tensor, "batch layer frame channel"]) -> Float[Tensor, "batch frame content"]:
        return self.content_in(torch.einsum("blfc,l->bfc", hidden, self.layer_mix.softmax(0)))

    def _sounds_of(self, projected: Float[Tensor, "batch frame content"]) -> Float[Tensor, "batch frame sound"]:
        return self.sounds(projected + F.gelu(self.content_smooth(projected.transpose(1, 2))).transpose(1, 2))

    def _content_in_blocks(
        self, projected: list[Float[Tensor, "batch _ content"]]
    ) -> Float[Tensor, "batch frame sound"]:
        """The content of blocks, each with the frame before and the frame after it, to which its smoothing reaches."""
        content = []
        for index, block in enumerate(projected):
            before = [each[:, -1:] for each in projected[max(index - 1, 0) : index]]
            after = [each[:, :1] for each in projected[index + 1 : index + 2]]
            sounds = self._sounds_of(torch.cat([*before, block, *after], dim=1))
            content.append(self.content_of(sounds[:, len(before) :][:, : block.shape[1]]))
        return torch.cat(content, dim=1)

    def enhance(self, embedding: Float[Tensor, "*batch emotional"]) -> Float[Tensor, "*batch emotional"]:
        """Pulls an embedding toward the prototypes that it resembles; unit length."""
        prototypes = F.normalize(self.prototypes, dim=-1).flatten(0, 1)
        attention = (self.config.sharpness * F.normalize(embedding, dim=-1) @ prototypes.T).softmax(dim=-1)
        return F.normalize(F.normalize(embedding, dim=-1) + self.config.enhancement * attention @ prototypes, dim=-1)

    def judge(
        self,
        statistics: Float[Tensor, "*batch statistic"],
        normal: Float[Tensor, "*batch statistic"] | None = None,
    ) -> VoiceEmotion:
        """The emotion of windows by their statistics: embedded, enhanced, compared with the prototypes.

        `normal` holds the statistics of the speaker's normal voice, as `normal_statistics` gives them; None, or NaN in
        some rows, where it is not known.
        """
        judged = self._standard(statistics, normal)
        emotional, mannered = self.enhance(self.embed(judged)), self.embed_manner(judged)
        similarity = torch.einsum("...e,spe->...sp", emotional, F.normalize(self.prototypes, dim=-1))
        style_logits = (self.config.sharpness * similarity).logsumexp(dim=-1)
        known = (style_logits / self.config.temperature).masked_fill(self.style_heard < 0.5, -torch.inf)
        probabilities = known.softmax(dim=-1) @ self.style_emotion
        strength = self.strength(emotional).squeeze(-1).sigmoid()
        emotion, certainty = self.decide(probabilities)
        manner = self.manner(torch.cat([emotional, mannered], dim=-1))
        intensity = strength * certainty
        return VoiceEmotion(emotional, style_logits, probabilities, strength, emotion, intensity, mannered, manner)

    def _standard(
        self, statistics: Float[Tensor, "*batch statistic"], normal: Float[Tensor, "*batch statistic"] | None
    ) -> Float[Tensor, "*batch judged"]:
        normal = torch.full_like(statistics, torch.nan) if normal is None else normal
        standard = (statistics - self.statistics_mean) / self.statistics_scale
        deviation = (statistics - normal) / self.deviation_scale
        known = (~normal[..., :1].isnan()).to(statistics.dtype)
        return torch.cat([standard.clamp(-5, 5), deviation.clamp(-5, 5).nan_to_num(nan=0.0), known], dim=-1)

    def decide(
        self, probabilities: Float[Tensor, "*batch emotion"]
    ) -> tuple[Float[Tensor, "*batch emotion"], Float[Tensor, "*batch"]]:
        """The emotion to show for a belief (shares that sum to one), and the certainty of the belief (0 to 1).

        A face that mixes many emotions is not read as any, so the shares favour the likeliest. The certainty grows from
        0 to 1 as the likeliest probability goes from `config.unsure` to `config.sure`; it scales the intensity.
        """
        favoured = probabilities**self.config.decisiveness
        sure = (probabilities.amax(dim=-1) - self.config.unsure) / (self.config.sure - self.config.unsure)
        return favoured / favoured.sum(dim=-1, keepdim=True), smoothstep(sure)

    def course_of(self, voice: Float[Tensor, "batch frame voice"]) -> Float[Tensor, "batch frame"]:
        """The course of the emotion in time by the voice's prosody: 0 at rest, 1 at its apex."""
        return self.course(voice[..., :PROSODY_DIM].transpose(1, 2)).squeeze(1).sigmoid()

    def forward(
        self,
        hidden: Float[Tensor, "batch layer frame channel"],
        voice: Float[Tensor, "batch frame voice"],
        normal: Float[Tensor, "statistic"] | None = None,
    ) -> VoiceEmotion:
        """The emotion at every frame of whole clips: judged in windows and `over_time`, interpolated to frames.

        Strength and intensity fall to zero in windows with fewer than MIN_VOICED_FRAMES voiced frames.
        """
        return self.listen([hidden], voice, normal)[1]

    def listen(
        self,
        blocks: Iterable[Float[Tensor, "batch layer _ channel"]],
        voice: Float[Tensor, "batch frame voice"],
        normal: Float[Tensor, "statistic"] | None = None,
    ) -> tuple[Float[Tensor, "batch frame sound"], VoiceEmotion]:
        """What `content` and `forward` make of hidden states that come in blocks, which together have all frames.

        No more of them is kept than a block and a window: an hour of them would take gigabytes.
        """
        windows = Windows.over(voice.shape[1], self.config.window_seconds, self.config.hop_seconds)
        projected, statistics, judged, presence = [], [], [], []
        kept, first_frame, heard = None, 0, 0
        for block in blocks:
            projected.append(self._projected(block))
            kept = block if kept is None else torch.cat([kept, block], dim=2)
            complete = windows.complete(first_frame + kept.shape[2])
            for first in range(heard, complete, WINDOWS_AT_ONCE):
                last = min(first + WINDOWS_AT_ONCE, complete)
                frames = windows.reached(first, last)
                weights = windows.weights(first, last, voice[..., 3])
                hidden = kept[:, :, frames.start - first_frame : frames.stop - first_frame]
                statistics.append(window_statistics(hidden, voice[:, frames], weights))
                presence.append((voice[:, frames, 3].unsqueeze(1) * (weights > 0)).sum(dim=-1) / MIN_VOICED_FRAMES)
            heard = complete
            if statistics and (len(statistics) * WINDOWS_AT_ONCE >= JUDGED_AT_ONCE or heard == len(windows)):
                together = torch.cat(statistics, dim=1)
                judged.append(self.judge(together, None if normal is None else normal.expand_as(together)))
                statistics = []
            if heard < len(windows):
                needed = windows.reached(heard, heard + 1).start
                kept, first_frame = kept[:, :, needed - first_frame :], needed
        content = self._content_in_blocks(projected)
        heard_with = torch.cat(presence, dim=1).clamp_max(1.0)
        heard = self.over_time(_joined(judged), heard_with, pauses(voice[..., 3], windows.centres))
        return content, in_frames(heard, heard_with, voice.shape[1])

    def over_time(
        self, heard: VoiceEmotion, presence: Float[Tensor, "batch window"], paused: Bool[Tensor, "batch step"]
    ) -> VoiceEmotion:
        """What is heard in windows one after another, each judged with all others in mind (`lasting_belief`).

        First it is decided which emotion the voice is in, then how much of it shows: as much as the belief is sure.
        """
        config = self.config
        stays = torch.where(paused, config.believed_through_pauses, config.believed_stays)
        belief = lasting_belief(heard.probabilities, presence, stays, config.believed_evidence)
        stays = torch.where(paused, config.decided_through_pauses, config.decided_stays)
        emotion = lasting_belief(heard.probabilities, presence, stays, config.decided_evidence)
        intensity = heard.strength * self.decide(belief)[1]
        return replace(heard, probabilities=belief, emotion=emotion, intensity=intensity)


def normal_statistics(
    clips: Iterable[tuple[Float[Tensor, "layer frame channel"], Float[Tensor, "frame voice"]]],
) -> Float[Tensor, "statistic"]:
    """Mean statistics of a speaker's normal voice, of one or more clips (hidden states, `voice_features`)."""
    return torch.stack([whole_statistics(hidden, voice) for hidden, voice in clips]).mean(dim=0)


def whole_statistics(
    hidden: Float[Tensor, "layer frame channel"], voice: Float[Tensor, "frame voice"]
) -> Float[Tensor, "statistic"]:
    """Statistics of a whole sound as one window."""
    weights = voiced_weights(voice, slice(None)).to(hidden.device)
    return window_statistics(hidden.unsqueeze(0).float(), voice.unsqueeze(0), weights.view(1, 1, -1))[0, 0]


def voiced_weights(voice: Float[Tensor, "frame voice"], part: slice) -> Float[Tensor, "frame"]:
    """Weights (sum 1) that average the voiced frames of a part, as `Windows.weights` does of many windows."""
    weights = torch.zeros_like(voice[:, 3])
    weights[part] = voice[part, 3] + 1e-3
    return weights / weights.sum()


def _joined(judged: Sequence[VoiceEmotion]) -> VoiceEmotion:
    """What was judged of windows one after another, as one."""
    parts = {field.name: [getattr(each, field.name) for each in judged] for field in fields(VoiceEmotion)}
    return VoiceEmotion(**{name: torch.cat(values, dim=1) for name, values in parts.items()})


def in_frames(heard: VoiceEmotion, presence: Float[Tensor, "batch window"], num_frames: int | Tensor) -> VoiceEmotion:
    """What windows say, interpolated to frames; presence below 1 takes strength and intensity away.

    The number of frames is a tensor where the networks are traced for an export.
    """
    levels = torch.stack([heard.strength, heard.intensity], dim=-1) * presence.unsqueeze(-1)
    parts = [heard.emotional, heard.style_logits, heard.probabilities, heard.emotion, levels]
    parts += [heard.mannered, heard.manner]
    per_window = torch.cat(parts, dim=-1).transpose(1, 2)
    per_frame = F.interpolate(per_window, size=num_frames, mode="linear").transpose(1, 2)  # pyright: ignore
    emotional, style_logits, probabilities, emotion, levels, *manner = per_frame.split(
        [part.shape[-1] for part in parts], dim=-1
    )
    strength, intensity = levels.unbind(dim=-1)
    return VoiceEmotion(emotional, style_logits, probabilities, strength, emotion, intensity, *manner)
