"""Digests of what the command makes of the bundled samples: equal before and after a change that only moves code.

    python tests/sample_digests.py FOLDER > before.txt

Runs the `cemnet` of the checkout in FOLDER (its own by default) on one thread, and prints for every output the SHA-256
of its decoded frames, of its sound and of its curves. Two checkouts whose pictures and curves are equal to the bit
print the same lines.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import av

REPOSITORY = Path(__file__).resolve().parents[1]
PORTRAIT, SPEECH = "samples/portrait.png", "samples/speech.wav"
COMMANDS = {
    "auto": ["animate", "--portrait", PORTRAIT, "--speech", SPEECH, "--motion-csv", "{csv}"],
    "sad": ["animate", "--portrait", PORTRAIT, "--speech", SPEECH, "--emotion", "sad", "--motion-csv", "{csv}",
            "--fps", "30", "--intensity", "1.4"],
    "surprise": ["animate", "--portrait", PORTRAIT, "--speech", SPEECH, "--emotion", "surprise", "--motion-csv",
                 "{csv}", "--seed", "3", "--look-sideways", "0.6", "--head-motion", "2.5"],
    "disgust": ["animate", "--portrait", "samples/widescreen.jpg", "--speech", SPEECH, "--emotion", "disgust"],
    "two_people": ["animate", "--portrait", "samples/two_people.jpg", "--speaker", f"0={SPEECH}", "--speaker",
                   f"1={SPEECH}"],
    "render": ["render", "--portrait", PORTRAIT, "--motion-csv", "samples/motion.csv"],
    "dub": ["dub", "--video", "samples/film.mp4", "--speech", SPEECH, "--emotion", "happy"],
}  # fmt: skip
REPORTS = {
    "portrait": ["inspect-portrait", "samples/two_people.jpg", "--json"],
    "speech": ["inspect-speech", SPEECH, "--json"],
}


def digest(*parts: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of all parts."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()[:16]


def stream_digest(video: Path, kind: str) -> str:
    """Digest of all decoded pictures ("video") or of all sound ("audio") of a file."""
    whole = hashlib.sha256()
    with av.open(str(video)) as container:
        for frame in container.decode(**{kind: 0}):
            whole.update(frame.to_ndarray().tobytes())
    return whole.hexdigest()[:16]


def run(checkout: Path, *arguments: str) -> bytes:
    """What `cemnet` of a checkout prints, run inside it on one thread."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "cemnet", *arguments, "--device", "cpu"],
        cwd=checkout, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ).stdout  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?", default=REPOSITORY)
    checkout = parser.parse_args().checkout.resolve()
    with tempfile.TemporaryDirectory() as folder:
        for name, command in COMMANDS.items():
            video, curves = Path(folder, f"{name}.mp4"), Path(folder, f"{name}.csv")
            run(checkout, *(word.format(csv=curves) for word in command), "--output", str(video))
            print(f"{name:12} frames {stream_digest(video, 'video')}", flush=True)
            if name != "render":
                print(f"{name:12} sound  {stream_digest(video, 'audio')}", flush=True)
            if curves.exists():
                print(f"{name:12} curves {digest(curves.read_bytes())}", flush=True)
    for name, command in REPORTS.items():
        print(f"{name:12} report {digest(run(checkout, *command))}", flush=True)


if __name__ == "__main__":
    main()
