"""What the tests in a real browser need beside install.py: `python tests/comfyui/install_browser.py .comfy`.

DEST/frontend        ComfyUI's page, as new as its users have it
tests/browser        playwright-core from npm, which drives Debian's Chromium
"""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FRONTEND = "comfyui-frontend-package==1.58.1"  # constraints.txt has the one that ComfyUI itself asks for


def main() -> None:
    destination = Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / ".comfy").resolve()
    stamp = destination / "frontend" / FRONTEND
    if not stamp.is_file():
        pip = [destination / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"]
        subprocess.run([*pip, "--target", stamp.parent, FRONTEND], check=True)
        stamp.touch()
    npm = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(npm, cwd=REPOSITORY / "tests" / "browser", check=True)


if __name__ == "__main__":
    main()
