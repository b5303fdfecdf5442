"""The one format of prepared clips: sound, phonemes, labels and, where a face was filmed or captured, its curves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ...arkit import Emotion
from ...errors import MediaError
from ...types import SAMPLE_RATE
from .phonemes import PHONEMES, PhonemeSpan

FORMAT = "cemnet clip 1"


@dataclass(frozen=True)
class Clip:
    """One utterance at SAMPLE_RATE. `expression` and `head` are at MOTION_FPS and only of filmed or captured faces.

    `known` says which blendshapes a capture moved; of the others nothing is known. None: all of them. `confidence`
    says how far each frame of a filmed face can be trusted, from 0 (no face was seen) to 1. None: wholly.
    """

    name: str  # unique within its source
    source: str  # the corpus
    speaker: str  # unique within its source
    sentence: str  # clips of one sentence share it, whatever the speaker and emotion
    language: str
    emotion: Emotion | None  # None where the corpus' label is none of the eight
    original_emotion: str  # the corpus' own label
    intensity: float  # 0 to 1, as far as the corpus says
    license: str
    waveform: Float[torch.Tensor, "sample"]
    phonemes: Sequence[PhonemeSpan]
    expression: Float[torch.Tensor, "frame expression"] | None = None
    head: Float[torch.Tensor, "frame 3"] | None = None
    known: Bool[torch.Tensor, "expression"] | None = None
    confidence: Float[torch.Tensor, "frame"] | None = None

    @property
    def duration_seconds(self) -> float:
        """Length of the sound."""
        return self.waveform.shape[-1] / SAMPLE_RATE


LABELS = ("name", "source", "speaker", "sentence", "language", "emotion", "original_emotion", "intensity", "license")

CURVES = ("expression", "head", "confidence")


def clip_path(folder: Path, name: str) -> Path:
    """The file of a clip of this name; slashes become underscores."""
    return folder / f"{name.replace('/', '_')}.safetensors"


def save_clip(folder: Path, clip: Clip) -> Path:
    """Writes `folder/NAME.safetensors`: waveform as int16, phoneme numbers and times, curves as float16."""
    tensors = {
        "waveform": (clip.waveform.clamp(-1, 1) * 32767).round().to(torch.int16),
        "phoneme": torch.tensor([PHONEMES.index(span.phoneme) for span in clip.phonemes], dtype=torch.uint8),
        "phoneme_seconds": torch.tensor(
            [(span.start_seconds, span.end_seconds) for span in clip.phonemes], dtype=torch.float32
        ).reshape(-1, 2),
    }
    for name in CURVES:
        curves = getattr(clip, name)
        if curves is not None:
            tensors[name] = curves.to(torch.float16).contiguous()
    if clip.known is not None:
        tensors["known"] = clip.known
    labels = {name: getattr(clip, name) for name in LABELS}
    path = clip_path(folder, clip.name)
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, {"format": FORMAT, "phonemes": " ".join(PHONEMES), "labels": json.dumps(labels)})
    partial.replace(path)
    return path


def load_clip(path: Path) -> Clip:
    """Reads a clip; MediaError if the file cannot be read or is not a clip of this version."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise MediaError(
            f"The clip {path} cannot be read ({error}). Prepare it again with train/prepare.py."
        ) from error
    if metadata.get("format") != FORMAT:
        raise MediaError(f"{path} is not a prepared clip of this version. Make it with train/prepare.py.")
    alphabet = metadata["phonemes"].split()
    spans = [
        PhonemeSpan(alphabet[number], start, end)
        for number, (start, end) in zip(tensors["phoneme"].tolist(), tensors["phoneme_seconds"].tolist(), strict=True)
    ]
    curves = {name: tensors[name].float() for name in CURVES if name in tensors}
    labels = json.loads(metadata["labels"])
    waveform = tensors["waveform"].float() / 32767
    return Clip(**labels, waveform=waveform, phonemes=spans, known=tensors.get("known"), **curves)


def list_clips(folder: Path) -> list[Path]:
    """Every clip file in a folder and its subfolders, sorted; MediaError if there is none."""
    paths = sorted(Path(folder).rglob("*.safetensors"))
    if not paths:
        raise MediaError(f"There are no prepared clips in {folder}. Make them with train/prepare.py.")
    return paths
