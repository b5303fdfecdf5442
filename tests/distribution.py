"""The files of the repository that the registry distributes."""

import fnmatch
import shutil
import subprocess
from pathlib import Path

from paths import REPOSITORY


def distributed() -> list[Path]:
    """The files under version control that .comfyignore lets through."""
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    ignored = [line for line in (REPOSITORY / ".comfyignore").read_text().splitlines() if line]

    def left_out(name: str) -> bool:
        return any(name.startswith(line) if line.endswith("/") else fnmatch.fnmatch(name, line) for line in ignored)

    return [Path(name) for name in listed.stdout.splitlines() if not left_out(name) and (REPOSITORY / name).is_file()]


def copy_distribution(folder: Path) -> Path:
    """Copies the distributed files into a folder, which is returned."""
    for name in distributed():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    return folder
