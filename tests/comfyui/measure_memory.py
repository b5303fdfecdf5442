"""How much memory ComfyUI takes while this pack makes a long video, on Linux.

`PYTHONPATH=tests .comfy/venv/bin/python -m comfyui.measure_memory 10` speaks the sample for ten minutes.
"""

import json
import sys
import tempfile
import time
import wave
from pathlib import Path

from comfyui.install import REPOSITORY, prepare_base
from comfyui.server import comfy_server

WORKFLOW = REPOSITORY / "workflows" / "api" / "7 Wide picture.json"  # any that streams its video


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    prompt = json.loads(WORKFLOW.read_text())
    prompt["1"]["inputs"]["image"] = "portrait.png"
    prompt["2"]["inputs"]["audio"] = "long.wav"
    with tempfile.TemporaryDirectory() as folder:
        prepare_base(Path(folder))
        repeat_speech(Path(folder) / "input" / "long.wav", minutes * 60)
        with comfy_server(Path(folder)) as (client, _):
            idle, start = memory(client.process_id, "VmRSS"), time.monotonic()
            run = client.run(prompt)
            seconds, peak = time.monotonic() - start, memory(client.process_id, "VmHWM")
    frames = max(total for steps in run.progress.values() for _, total in steps)
    print(f"{run.outcome}: {frames:.0f} frames of 512x512 for {minutes:g} min of speech in {seconds:.0f} s")
    print(f"idle {idle:.0f} MB, peak {peak:.0f} MB, {peak - idle:.0f} MB over idle")


def repeat_speech(path: Path, seconds: float) -> None:
    """The sample's speech again and again, as long as wanted."""
    with wave.open(str(REPOSITORY / "samples" / "speech.wav")) as source, wave.open(str(path), "wb") as target:
        target.setparams(source.getparams())
        sound = source.readframes(source.getnframes())
        times = seconds * source.getframerate() / source.getnframes()
        target.writeframes(sound * int(times) + sound[: int(times % 1 * source.getnframes()) * source.getsampwidth()])


def memory(process_id: int, field: str) -> float:
    """A field of Linux's /proc/PID/status in MB: VmRSS is now, VmHWM the most so far."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


if __name__ == "__main__":
    main()
