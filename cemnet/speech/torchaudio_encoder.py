"""HuBERT, wav2vec 2.0 and WavLM as torchaudio's pipelines have them (the extra "speech"): 50 tokens a second.

HuBERT: Hsu et al. 2021. wav2vec 2.0: Baevski et al. 2020. WavLM: Chen et al. 2022.
"""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..errors import MissingModelError
from .encoder import TOKENS_PER_SECOND, encoded_in_chunks
from .mel import SAMPLES_PER_TOKEN, LogMel

PIPELINES = {
    "hubert-base": "HUBERT_BASE",
    "hubert-large": "HUBERT_LARGE",
    "wav2vec2-base": "WAV2VEC2_BASE",
    "wav2vec2-large": "WAV2VEC2_LARGE",
    "wav2vec2-xlsr": "WAV2VEC2_XLSR53",
    "wavlm-base": "WAVLM_BASE",
    "wavlm-base-plus": "WAVLM_BASE_PLUS",
    "wavlm-large": "WAVLM_LARGE",
}
SAMPLES_HEARD = 400  # by the convolutions, for each token
BESIDE = (SAMPLES_HEARD - SAMPLES_PER_TOKEN) // 2  # samples on either side of a token's own


class TorchaudioEncoder(nn.Module):
    """One of torchaudio's models; layer 0 is the projected output of its convolutions, the others its blocks'.

    Sound is heard in chunks of 30 s, as by Whisper. `normalised` models take sound of mean 0 and deviation 1.
    """

    def __init__(self, model: nn.Module, name: str, normalised: bool = False):
        super().__init__()
        self.model: Any = model
        self.name = name
        self.normalised = normalised
        self.rate = TOKENS_PER_SECOND
        self.width = int(self.model.encoder.feature_projection.projection.out_features)
        self.num_layers = 1 + len(self.model.encoder.transformer.layers)

    def forward(self, waveform: Float[Tensor, "batch sample"]) -> Float[Tensor, "batch layer token width"]:
        """Every layer; there is a token for each SAMPLES_PER_TOKEN samples but the first and last BESIDE."""
        heard, _ = self.model.feature_extractor(waveform, None)
        first = self.model.encoder.feature_projection(heard)
        return torch.stack([first, *self.model.encoder.extract_features(heard, None, None)], dim=1)

    def encode_long(self, waveform: Float[Tensor, "sample"]) -> Float[Tensor, "layer token width"]:
        """All blocks of `encode_blocks` in one."""
        return torch.cat(list(self.encode_blocks(waveform)), dim=1)

    def encode_blocks(
        self, waveform: Float[Tensor, "sample"], mel: LogMel | None = None
    ) -> Iterator[Float[Tensor, "layer _ width"]]:
        """A 16 kHz waveform of any length, ceil(samples / 320) tokens, with silence around it. `mel` is not used."""
        device = next(self.parameters()).device
        num_tokens = max(1, -(-len(waveform) // SAMPLES_PER_TOKEN))
        centre, size = (waveform.mean(), waveform.std(correction=0)) if self.normalised else (0.0, 1.0)

        def encode(start: int, stop: int) -> Float[Tensor, "layer _ width"]:
            first, last = start * SAMPLES_PER_TOKEN - BESIDE, stop * SAMPLES_PER_TOKEN + BESIDE
            part = (waveform[max(first, 0) : last].detach().float() - centre) / (size + 1e-5 * self.normalised)
            padded = F.pad(part, (max(-first, 0), last - max(first, 0) - len(part)))
            return self._encoded(padded.to(device))

        yield from encoded_in_chunks(encode, num_tokens)

    @torch.no_grad()
    def _encoded(self, part: Float[Tensor, "sample"]) -> Float[Tensor, "layer token width"]:
        return self(part.unsqueeze(0))[0]

    @classmethod
    def load(cls, name: str) -> "TorchaudioEncoder":
        """A trained encoder, one of PIPELINES, ready to run; torchaudio fetches its weights once and keeps them.

        MissingModelError where torchaudio is absent or broken, or the weights cannot be fetched.
        """
        pipelines = torchaudio_pipelines(name)
        try:
            model = getattr(pipelines, PIPELINES[name]).get_model()
        except Exception as error:  # of the net, the disk, or a damaged file
            raise MissingModelError(
                f"torchaudio cannot fetch the speech encoder {name} ({error}). Look for it in the folder that "
                "TORCH_HOME names, or try again with a connection."
            ) from error
        inner = getattr(model, "model", model)  # models that normalise the sound wrap the one that hears it
        return cls(inner, name, normalised=inner is not model).eval()


def torchaudio_pipelines(name: str) -> Any:
    """torchaudio's pipelines; MissingModelError, which names the encoder, where it is absent or broken."""
    try:
        import torchaudio.pipelines
    except ModuleNotFoundError:
        found = "is not installed"
    except Exception as error:  # one that was built for another torch fails to load its libraries, in its own way
        found = f"cannot be loaded ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    else:
        return torchaudio.pipelines
    raise MissingModelError(
        f"The speech encoder {name} needs torchaudio, which {found}. Install the version that fits your torch: "
        "pip install 'cemnet[speech]'."
    )
