"""Makes example_workflows and the blueprint in ComfyUI's own page, runs them, and draws pictures of what they made.

`make workflows`, which is: PYTHONPATH=tests .comfy/venv/bin/python -m comfyui.make_workflows
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from comfyui.install import REPOSITORY, prepare_base
from comfyui.server import comfy_server

PAGE = Path(sys.prefix).parent / "frontend" / "comfyui_frontend_package" / "static"
BROWSER = REPOSITORY / "tests" / "browser"
EXAMPLES = REPOSITORY / "example_workflows"
BLUEPRINT = REPOSITORY / "subgraphs" / "CEM-Net Talking Portrait in steps.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare_base(Path(folder))
        shots = Path(folder) / "screenshots"
        shots.mkdir()
        with comfy_server(Path(folder), "--front-end-root", PAGE) as (client, _):
            drive = [str(client.port), REPOSITORY / "workflows" / "api", EXAMPLES]
            subprocess.run(["node", BROWSER / "make_workflows.mjs", *drive], check=True)
            drive = [str(client.port), "cemnet", "7 Wide picture", BLUEPRINT]
            subprocess.run(["node", BROWSER / "make_blueprint.mjs", *drive], check=True)
            names = sorted(path.stem for path in EXAMPLES.glob("*.json"))
            drive = [str(client.port), shots, "cemnet", *names]
            subprocess.run(["node", BROWSER / "run_workflows.mjs", *drive], check=True)
        thumbnails = [sys.executable, REPOSITORY / "docs" / "make_thumbnails.py", Path(folder) / "output"]
        subprocess.run(thumbnails, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True)


if __name__ == "__main__":
    main()
