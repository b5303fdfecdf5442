"""What the networks ask of a speech encoder, and how sound of any length is encoded in chunks."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from .mel import LogMel

TOKENS_PER_SECOND = 50
CHUNK_TOKENS = 1500  # the 30 s that Whisper was trained on
OVERLAP_TOKENS = 50


@runtime_checkable
class SpeechEncoder(Protocol):
    """A trained, frozen torch module that hears 16 kHz speech. See `encoders.load_speech_encoder` for those there are.

    `encode_blocks` yields what `encode_long` returns, in blocks: ceil(samples · rate / 16000) tokens of every layer.
    Layer 0 has heard no context yet. `mel` may be the sound's spectrogram, where it is known.
    """

    name: str  # trained networks name the encoder that they need
    num_layers: int
    width: int
    rate: int  # tokens a second; the networks take TOKENS_PER_SECOND

    def to(self, device: torch.device) -> "SpeechEncoder": ...

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Any: ...

    def encode_long(self, waveform: Float[Tensor, "sample"]) -> Float[Tensor, "layer token width"]: ...

    def encode_blocks(
        self, waveform: Float[Tensor, "sample"], mel: LogMel | None = None
    ) -> Iterator[Float[Tensor, "layer _ width"]]: ...


def encoded_in_chunks(
    encode: Callable[[int, int], Float[Tensor, "layer _ width"]], num_tokens: int
) -> Iterator[Float[Tensor, "layer _ width"]]:
    """Blocks that make up all tokens, each given as far as the next chunk does not change it.

    `encode` takes the first token and the one after the last, at most CHUNK_TOKENS further. Chunks are of equal length
    and cross-faded where they overlap.
    """
    if num_tokens <= CHUNK_TOKENS:
        yield encode(0, num_tokens)
        return
    num_chunks = -(-(num_tokens - OVERLAP_TOKENS) // (CHUNK_TOKENS - OVERLAP_TOKENS))
    starts = [round(index * (num_tokens - CHUNK_TOKENS) / (num_chunks - 1)) for index in range(num_chunks)]
    before = None
    for start, following in zip(starts, [*starts[1:], num_tokens], strict=True):
        chunk = encode(start, start + CHUNK_TOKENS)
        if before is not None:
            shared = before.shape[1]
            fade = ((torch.arange(shared, device=chunk.device) + 0.5) / shared)[:, None]
            chunk[:, :shared] = fade * chunk[:, :shared] + (1 - fade) * before
        yield chunk[:, : following - start]
        before = chunk[:, following - start :]
