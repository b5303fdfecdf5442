"""The encoders of Whisper (Radford et al. 2022, MIT): features of speech at 50 tokens a second."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..checkpoint import find_weights, load_network
from ..config import WHISPER_TINY
from .encoder import CHUNK_TOKENS, TOKENS_PER_SECOND, encoded_in_chunks
from .mel import NUM_MELS, SAMPLES_PER_TOKEN, LogMel

WEIGHTS_NAME = "speech_encoder.safetensors"  # of the released encoder, tiny.en
SIZES = {"tiny": (384, 6, 4), "base": (512, 8, 6), "small": (768, 12, 12)}  # width, heads and blocks
WHISPER_SIZES = {f"whisper-{size}{kind}": numbers for size, numbers in SIZES.items() for kind in ("", ".en")}


def sinusoids(num_positions: int, width: int) -> Float[Tensor, "token width"]:
    """Whisper's positions: sines, then cosines, of wavelengths from 2π to 20000π."""
    half = width // 2
    rates = torch.exp(-torch.log(torch.tensor(10_000.0)) / (half - 1) * torch.arange(half))
    angles = torch.arange(num_positions)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class EncoderBlock(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    def __init__(self, width: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm = nn.LayerNorm(width)
        self.attention_in = nn.Linear(width, 3 * width)  # query, key, value
        self.attention_out = nn.Linear(width, width)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, tokens: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        """Attention, then the feed-forward layer, each added to its input."""
        tokens = tokens + self._attend(self.attention_norm(tokens))
        return tokens + self.feed_forward(self.feed_forward_norm(tokens))

    def _attend(self, tokens: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        batch, length, width = tokens.shape
        parts = self.attention_in(tokens).view(batch, length, 3, self.num_heads, width // self.num_heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value)
        return self.attention_out(attended.transpose(1, 2).reshape(batch, length, width))


class WhisperEncoder(nn.Module):
    """Reads log-mel speech of any length up to 30 s without padding; the output of every layer is returned."""

    positions: Tensor

    def __init__(self, width: int = 384, num_heads: int = 6, num_blocks: int = 4, name: str = WHISPER_TINY):
        super().__init__()
        self.name = name
        self.rate = TOKENS_PER_SECOND
        self.width = width
        self.num_layers = num_blocks + 1
        self.conv1 = nn.Conv1d(NUM_MELS, width, kernel_size=3, padding=1)
        self.conv2 = nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1)
        self.blocks = nn.ModuleList([EncoderBlock(width, num_heads) for _ in range(num_blocks)])
        self.final_norm = nn.LayerNorm(width)
        positions = sinusoids(CHUNK_TOKENS, width).half().float()  # Whisper keeps them in half precision
        self.register_buffer("positions", positions, persistent=False)

    def forward(self, mel: Float[Tensor, "batch mel frame"]) -> Float[Tensor, "batch layer token width"]:
        """Layer 0 is the convolutional stem with positions, the others the blocks; the last has the final norm applied.

        Frames come at 100 a second in an even number, at most 3000; there are half as many tokens.
        """
        stem = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        tokens = stem + self.positions[: stem.shape[1]]
        layers = [tokens]
        for block in self.blocks:
            tokens = block(tokens)
            layers.append(tokens)
        layers[-1] = self.final_norm(tokens)
        return torch.stack(layers, dim=1)

    def encode_long(self, waveform: Float[Tensor, "sample"]) -> Float[Tensor, "layer token width"]:
        """All blocks of `encode_blocks` in one: of tiny.en 15 kB for each of the ceil(samples / 320) tokens."""
        return torch.cat(list(self.encode_blocks(waveform)), dim=1)

    def encode_blocks(
        self, waveform: Float[Tensor, "sample"], mel: LogMel | None = None
    ) -> Iterator[Float[Tensor, "layer token width"]]:
        """A 16 kHz waveform of any length, ceil(samples / 320) tokens: chunks of at most 30 s, cross-faded where they
        overlap, each given as far as the next does not change it.

        The spectrogram is normalised by the loudest moment of the whole sound; `mel` is it, where it is known.
        """
        num_tokens = max(1, -(-waveform.shape[-1] // SAMPLES_PER_TOKEN))
        known = mel or LogMel(waveform.to(self.conv1.weight.device))  # of two tokens at least

        def encode(start: int, stop: int) -> Float[Tensor, "layer _ width"]:
            return self._encoded(known.part(2 * start, 2 * stop))

        total = known.num_frames // 2
        for block in encoded_in_chunks(encode, total):
            yield block[:, :num_tokens] if total <= CHUNK_TOKENS else block

    @torch.no_grad()
    def _encoded(self, mel: Float[Tensor, "mel frame"]) -> Float[Tensor, "layer token width"]:
        return self(mel.to(self.conv1.weight.device).unsqueeze(0))[0]

    @classmethod
    def load(cls, path: Path | None = None, folders: Sequence[Path] = ()) -> "WhisperEncoder":
        """The released encoder, or a file's, in float32, ready to run; MissingModelError for unusable weights."""
        return load_network(path or find_weights(WEIGHTS_NAME, folders), lambda config: cls(**config))


SpeechEncoder = WhisperEncoder  # its name in version 0.1.0
