"""Makes speech.wav and speech.mp3, an angry sentence: python samples/make_speech.py (needs Debian's package flite).

flite's voice kal speaks it fast and high; playing it faster still raises the formants as well; lifting what is above
1 kHz and levelling loud and soft gives it the vocal effort of a raised voice. The mp3 has the rate of most recordings.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, sosfilt

SENTENCE = "Stop it! I told you never, never to touch my boat again!"
SAMPLE_RATE = 16_000
MP3_RATE = 44_100
FORMANT_SHIFT = 1.18
EFFORT_DB = 12
LEVELLING = 0.6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        features = {"duration_stretch": 0.85 * FORMANT_SHIFT, "int_f0_target_mean": 165, "int_f0_target_stddev": 48}
        settings = [word for name, value in features.items() for word in ("--setf", f"{name}={value:g}")]
        subprocess.run(["flite", "-voice", "kal16", *settings, "-t", SENTENCE, "-o", spoken], check=True)
        waveform, _ = soundfile.read(spoken, dtype="float32")
    waveform = soxr.resample(waveform, SAMPLE_RATE * FORMANT_SHIFT, SAMPLE_RATE)
    treble = np.asarray(sosfilt(butter(1, 1000, "highpass", fs=SAMPLE_RATE, output="sos"), waveform))
    strained = waveform + (10 ** (EFFORT_DB / 20) - 1) * treble
    levelled = np.sign(strained) * (np.abs(strained) / np.abs(strained).max()) ** LEVELLING
    silence = np.zeros(int(0.25 * SAMPLE_RATE))
    sound = np.concatenate([silence, 0.8 * levelled, silence])
    soundfile.write(Path(__file__).with_name("speech.wav"), sound, SAMPLE_RATE, subtype="PCM_16")
    soundfile.write(Path(__file__).with_name("speech.mp3"), soxr.resample(sound, SAMPLE_RATE, MP3_RATE), MP3_RATE)


if __name__ == "__main__":
    main()
