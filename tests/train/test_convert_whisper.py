"""Whisper's encoders are converted by their sizes: names, numbers, and the file that networks will look for."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from scripts import load_script

from cemnet.errors import MissingModelError
from cemnet.speech.encoder import CHUNK_TOKENS
from cemnet.speech.encoders import encoder_file, load_speech_encoder
from cemnet.speech.whisper_encoder import WHISPER_SIZES, WhisperEncoder, sinusoids

pytestmark = pytest.mark.slow

convert_whisper = load_script("convert_whisper")
NUMBERS = {np.dtype(kind): number for number, kind in convert_whisper.DTYPES.items()}


def write_model(path: Path, encoder: WhisperEncoder, num_heads: int, num_words: int) -> None:
    """A model.bin with the encoder's weights, as CTranslate2 lays it out."""
    theirs = {ours: name for name, ours in convert_whisper.NAMES.items()}
    variables = {
        "encoder/num_heads": np.array(num_heads, np.int16),
        "encoder/position_encodings/encodings": sinusoids(CHUNK_TOKENS, encoder.width).half().numpy(),
        "decoder/embeddings/weight": np.zeros((num_words, 1), np.float16),
    }
    for name, tensor in encoder.state_dict().items():
        part, number, rest = [*name.split(".", 2), ""][:3]
        if part == "blocks":
            name = f"encoder/layer_{number}/{theirs[rest]}"
        elif part == "final_norm":
            name = f"encoder/layer_norm/{'gamma' if number == 'weight' else 'beta'}"
        else:
            name = f"encoder/{part}/{number}"
        variables[name] = tensor.half().numpy()

    def text(words: str) -> bytes:
        return struct.pack("<H", len(words) + 1) + words.encode() + b"\0"

    content = [struct.pack("<I", 6), text("WhisperSpec"), struct.pack("<II", 3, len(variables))]
    for name, values in variables.items():
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        content += [text(name), shape, struct.pack("<BI", NUMBERS[values.dtype], values.nbytes), values.tobytes()]
    path.write_bytes(b"".join(content))


@pytest.mark.parametrize(
    ("num_words", "size", "name"), [(51864, "tiny", "whisper-tiny.en"), (51865, "base", "whisper-base")]
)
def test_a_converted_encoder_is_found_by_its_name_and_hears_as_before(tmp_path, num_words, size, name):
    torch.manual_seed(0)
    width, num_heads, num_blocks = WHISPER_SIZES[name]
    encoder = WhisperEncoder(width, num_heads, num_blocks, name).half().float().eval()
    write_model(tmp_path / "model.bin", encoder, num_heads, num_words)
    written = convert_whisper.convert(tmp_path / "model.bin", tmp_path / encoder_file(name))
    loaded = load_speech_encoder(name, [written.parent])
    assert (loaded.name, loaded.width, loaded.num_layers, loaded.rate) == (name, width, num_blocks + 1, 50)
    sound = torch.randn(8000)
    torch.testing.assert_close(loaded.encode_long(sound), encoder.encode_long(sound))


def test_an_encoder_of_another_size_is_none_of_whispers(tmp_path):
    write_model(tmp_path / "model.bin", WhisperEncoder(32, 2, 3), 2, 51864)
    with pytest.raises(
        MissingModelError, match=r"an encoder of 3 blocks of 32 with 2 heads. Whisper's tiny, base, small"
    ):
        convert_whisper.convert(tmp_path / "model.bin", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_a_file_under_another_encoders_name_is_refused(tmp_path):
    width, num_heads, num_blocks = WHISPER_SIZES["whisper-base"]
    write_model(tmp_path / "model.bin", WhisperEncoder(width, num_heads, num_blocks), num_heads, 51864)
    convert_whisper.convert(tmp_path / "model.bin", tmp_path / encoder_file("whisper-base"))
    sentence = "those of the speech encoder 'whisper-base.en', not of whisper-base. Name the file"
    with pytest.raises(MissingModelError, match=sentence):
        load_speech_encoder("whisper-base", [tmp_path])
