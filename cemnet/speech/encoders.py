"""The speech encoders that networks may be trained with, by name: Whisper's, and torchaudio's HuBERT and its like."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from ..checkpoint import find_weights
from ..config import WHISPER_TINY
from ..errors import CEMNetError, MissingModelError, quoted
from .encoder import SpeechEncoder
from .torchaudio_encoder import PIPELINES, TorchaudioEncoder
from .whisper_encoder import WEIGHTS_NAME, WHISPER_SIZES, WhisperEncoder

SPEECH_ENCODERS = (*WHISPER_SIZES, *PIPELINES)


def check_encoder_name(name: str) -> None:
    """CEMNetError for a name that is none of SPEECH_ENCODERS."""
    if name not in SPEECH_ENCODERS:
        nearest = difflib.get_close_matches(name, SPEECH_ENCODERS, 1, cutoff=0.5)
        meant = f" Did you mean {nearest[0]}?" if nearest else f" There are: {', '.join(SPEECH_ENCODERS)}."
        raise CEMNetError(f"There is no speech encoder {quoted(name)}.{meant}")


def encoder_file(name: str) -> str:
    """The name of the file in which `train/convert_whisper.py` writes a Whisper encoder."""
    return WEIGHTS_NAME if name == WHISPER_TINY else f"speech_encoder_{name}.safetensors"


def load_speech_encoder(name: str = WHISPER_TINY, folders: Sequence[Path] = ()) -> SpeechEncoder:
    """A trained encoder by its name, ready to run on the CPU; a file in one of `folders` goes first.

    CEMNetError for an unknown name. MissingModelError where the weights are missing or those of another encoder, or for
    torchaudio's encoders where torchaudio is absent or broken.
    """
    check_encoder_name(name)
    if name in PIPELINES:
        return TorchaudioEncoder.load(name)
    try:
        path = find_weights(encoder_file(name), folders)
    except MissingModelError as error:
        raise MissingModelError(f"{error} train/convert_whisper.py makes it from Whisper's.") from None
    encoder = WhisperEncoder.load(path)
    if encoder.name != name:
        raise MissingModelError(
            f"The weights {path} are those of the speech encoder {quoted(encoder.name)}, not of {name}. Name the file "
            f"{encoder_file(encoder.name)[:100]}."
        )
    return encoder
