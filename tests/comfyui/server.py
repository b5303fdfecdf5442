"""A ComfyUI server for a test, and a client that follows what it does."""

import json
import os
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import websocket

# Another ComfyUI than the installed one, run by the same Python.
COMFYUI = Path(os.environ.get("COMFYUI_PATH") or Path(sys.prefix).parent / "ComfyUI")
START_SECONDS = 900  # on a machine that does much else; a server that ended is noticed at once
RUN_SECONDS = 900  # without any word from the server
PREVIEW_MESSAGES = (1, 4)  # ComfyUI's binary events: preview, preview with metadata
FINISHED = ("execution_success", "execution_error", "execution_interrupted")


@dataclass
class Run:
    """What the server told about one prompt."""

    outcome: str  # the last event, one of FINISHED
    details: dict[str, Any]  # that event's data
    progress: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # by node: (value, total)
    executed: list[str] = field(default_factory=list)  # nodes in their order, cached ones left out
    num_previews: int = 0
    told: list[tuple[str, str, dict[str, Any]]] = field(
        default_factory=list
    )  # (shown on, told by, output) for the page
    outputs: dict[str, Any] = field(default_factory=dict)


class ComfyClient:
    """Talks to a running server as its own page does."""

    def __init__(self, port: int, process_id: int) -> None:
        self.port = port
        self.process_id = process_id
        self.url = f"http://127.0.0.1:{port}"
        self.client_id = uuid.uuid4().hex
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/ws?clientId={self.client_id}", timeout=RUN_SECONDS
        )

    def get(self, path: str, **query: str) -> requests.Response:
        response = requests.get(self.url + path, params=query, timeout=60)
        response.raise_for_status()
        return response

    def upload(self, path: Path) -> None:
        """Puts a picture or a sound among ComfyUI's inputs."""
        with path.open("rb") as file:
            answer = requests.post(f"{self.url}/upload/image", files={"image": (path.name, file)}, timeout=60)
        answer.raise_for_status()

    def interrupt(self) -> None:
        requests.post(f"{self.url}/interrupt", timeout=60).raise_for_status()

    def queue(self, prompt: dict[str, Any]) -> requests.Response:
        return requests.post(f"{self.url}/prompt", json={"prompt": prompt, "client_id": self.client_id}, timeout=60)

    def run(self, prompt: dict[str, Any], on_progress: Callable[[], None] = lambda: None) -> Run:
        """Queues a prompt in API form and follows it to its end; `on_progress` is called at every progress event."""
        answer = self.queue(prompt)
        assert answer.ok, answer.text
        run, prompt_id = Run("", {}), answer.json()["prompt_id"]
        while not run.outcome:
            message = self.socket.recv()
            if isinstance(message, bytes):
                run.num_previews += struct.unpack(">I", message[:4])[0] in PREVIEW_MESSAGES
                continue
            event = json.loads(message)
            if event["data"].get("prompt_id") != prompt_id:
                continue
            self._note(run, event["type"], event["data"])
            if event["type"] == "progress":
                on_progress()
        run.outputs = self._history(prompt_id)["outputs"]
        return run

    def _note(self, run: Run, kind: str, data: dict[str, Any]) -> None:
        if kind in FINISHED:
            run.outcome, run.details = kind, data
        elif kind == "progress":
            run.progress.setdefault(data["node"], []).append((data["value"], data["max"]))
        elif kind == "executing" and data["node"] is not None:
            run.executed.append(data["node"])
        elif kind == "executed" and data["output"]:
            run.told.append((data["display_node"], str(data["node"]), data["output"]))

    def _history(self, prompt_id: str) -> dict[str, Any]:
        """The finished prompt's entry, which can appear a moment after its last event."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            history = self.get(f"/history/{prompt_id}").json()
            if prompt_id in history:
                return history[prompt_id]
            time.sleep(0.1)
        raise TimeoutError(f"ComfyUI's history does not hold the prompt {prompt_id}")


@contextmanager
def comfy_server(base: Path, *options: str | Path, comfyui: Path = COMFYUI) -> Iterator[tuple[ComfyClient, Path]]:
    """A server over the working folders in `base`, its client and log file; stopped at the end."""
    port, log = free_port(), base / "server.log"
    command = [sys.executable, comfyui / "main.py", "--cpu", "--listen", "127.0.0.1", "--port", str(port)]
    command += ["--disable-auto-launch", "--disable-api-nodes", "--base-directory", base]
    command += ["--database-url", "sqlite:///:memory:", "--preview-method", "auto", *options]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=comfyui)
    try:
        wait_for_server(process, port, log)
        yield ComfyClient(port, process.pid), log
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_server(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"http://127.0.0.1:{port}/system_stats", timeout=2).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.3)
    raise RuntimeError(f"ComfyUI did not start:\n{log.read_text()[-4000:]}")
