"""Names of media files as FFmpeg takes them."""

import os
from pathlib import Path


def media_name(path: Path | str) -> str:
    """The path for `av.open`: FFmpeg would take a name with a colon for the address of a server."""
    return f"file:{os.path.abspath(path)}"
