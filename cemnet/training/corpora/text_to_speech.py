"""Text to speech by espeak-ng and flite, which also report each phoneme and its time."""

import ctypes
import ctypes.util
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from ...errors import MissingModelError
from ...media.sound import read_audio
from ...speech.mel import mono_16k
from ...types import Audio
from .phonemes import PHONEMES, SILENCE, PhonemeSpan, from_ipa, split_span

FLITE_PHONEMES = {"pau": SILENCE, "ax": "AX", "axr": "ER", "ix": "IH", "dx": "D", "el": "L", "en": "N", "em": "M"}
ESPEAK_RETRIEVE = 1  # hand the sound back at once, play nothing
ESPEAK_PHONEME_EVENTS_IN_IPA = 3
ESPEAK_UTF8 = 1
ESPEAK_EVENT_PHONEME = 7
ESPEAK_RATE, ESPEAK_PITCH, ESPEAK_RANGE = 1, 3, 4


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """espeak-ng through its C library (speak_lib.h), which reports when each phoneme begins.

    The library has one state in a process: get it by `open_espeak`.
    """

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng")
        if name is None:
            raise MissingModelError("espeak-ng is not installed. On Debian: apt install libespeak-ng1.")
        self.library = ctypes.CDLL(name)
        self.sample_rate = self.library.espeak_Initialize(ESPEAK_RETRIEVE, 0, None, ESPEAK_PHONEME_EVENTS_IN_IPA)
        self.callback = _Callback(self._receive)  # kept, or the library would call into freed memory
        self.library.espeak_SetSynthCallback(self.callback)
        self.sound: list[bytes] = []
        self.events: list[tuple[float, str]] = []

    def _receive(self, samples, count: int, events) -> int:
        if samples and count > 0:
            self.sound.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while events[index].type:
            if events[index].type == ESPEAK_EVENT_PHONEME:
                symbol = bytes(events[index].id.string).split(b"\0")[0].decode("utf8", "ignore")
                self.events.append((events[index].audio_position / 1000, symbol))
            index += 1
        return 0

    def speak(
        self, text: str, voice: str = "en-us", words_per_minute: int = 160, pitch: int = 50, pitch_range: int = 50
    ) -> tuple[Float[torch.Tensor, "sample"], list[PhonemeSpan]]:
        """The waveform at 16 kHz and its phonemes. `voice` may carry a variant ("de+f3"); pitch and range are 0–100.

        ValueError if espeak-ng has no such voice.
        """
        self.sound, self.events = [], []
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice}; `espeak-ng --voices` lists them.")
        for parameter, value in ((ESPEAK_RATE, words_per_minute), (ESPEAK_PITCH, pitch), (ESPEAK_RANGE, pitch_range)):
            self.library.espeak_SetParameter(parameter, value, 0)
        content = text.encode()
        self.library.espeak_Synth(content, len(content) + 1, 0, 1, 0, ESPEAK_UTF8, None, None)
        self.library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self.sound), np.int16).astype(np.float32) / 32768
        audio = Audio(torch.from_numpy(samples)[None], self.sample_rate)
        return mono_16k(audio), self._spans(audio.duration_seconds)

    def _spans(self, duration_seconds: float) -> list[PhonemeSpan]:
        starts = [seconds for seconds, _ in self.events]
        spans = []
        for (start, symbol), end in zip(self.events, [*starts[1:], duration_seconds], strict=True):
            phonemes = from_ipa(symbol)
            if phonemes and end > start:
                spans += split_span(phonemes, start, end)
        return spans


@lru_cache(maxsize=1)
def open_espeak() -> Espeak:
    """The one espeak-ng of this process; MissingModelError if it is not installed."""
    return Espeak()


def flite(
    text: str, voice: str = "slt", stretch: float = 1.0, pitch_hz: float | None = None
) -> tuple[Float[torch.Tensor, "sample"], list[PhonemeSpan]]:
    """One of flite's voices (`flite -lv`) at 16 kHz, and its phonemes; `stretch` above 1 speaks slower.

    MissingModelError if flite is not installed.
    """
    settings = ["--setf", f"duration_stretch={stretch}"]
    if pitch_hz is not None:
        settings += ["--setf", f"int_f0_target_mean={pitch_hz}"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", "-voice", voice, *settings, "-psdur", "-t", text, "-o", str(path)]
        try:
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        except FileNotFoundError:
            raise MissingModelError("flite is not installed. On Debian: apt install flite.") from None
        waveform = mono_16k(read_audio(path))
    spans, start = [], 0.0
    for item in printed.split():
        symbol, _, end = item.rpartition(":")
        phoneme = FLITE_PHONEMES.get(symbol, symbol.upper())
        if phoneme in PHONEMES and phoneme != SILENCE:
            spans.append(PhonemeSpan(phoneme, start, float(end)))
        start = float(end)
    return waveform, spans
