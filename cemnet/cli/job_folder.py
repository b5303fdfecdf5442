"""A folder of jobs: each sound in it is spoken by the picture or the film of its name."""

import logging
from pathlib import Path

from ..errors import CEMNetError
from ..media.video_reader import FILM_SUFFIXES

SOUND_SUFFIXES = (".wav", ".mp3", ".m4a", ".aac", ".flac", ".ogg", ".opus", ".wma")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff")
MADE = "made"  # the folder, inside the given one, for what is made


def folder_table(folder: Path) -> list[list[str]]:
    """The table of jobs of a folder, a header and a row for each sound; CEMNetError where it has no pairs.

    A sound goes with the picture or film of its name, or with the only one that the folder has. A warning names files
    that go with none.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    sounds = [path for path in files if path.suffix.lower() in SOUND_SUFFIXES]
    faces = [path for path in files if path.suffix.lower() in (*PICTURE_SUFFIXES, *FILM_SUFFIXES)]
    rows, used = [["portrait", "video", "speech", "output"]], set[Path]()
    for sound in sounds:
        same = [face for face in faces if face.stem.casefold() == sound.stem.casefold()] or faces
        if len(same) == 1:
            face = same[0]
            is_video = face.suffix.lower() in FILM_SUFFIXES
            used |= {sound, face}
            name = f"{MADE}/{sound.stem}.mp4"
            rows.append(["" if is_video else face.name, face.name if is_video else "", sound.name, name])
    if len(rows) == 1:
        raise CEMNetError(
            f"{folder} has no sound with a picture or film of the same name, such as anna.wav and anna.png."
        )
    left = [path.name for path in (*sounds, *faces) if path not in used]
    if left:
        logging.getLogger(__name__).warning(
            f"Left out, as no single picture or film goes with a sound of that name: {', '.join(left)}."
        )
    (folder / MADE).mkdir(exist_ok=True)
    return rows
