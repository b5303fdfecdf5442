"""Motions in any file that is read or written: Live Link Face's CSV, JSON, and glTF."""

from pathlib import Path

from ..motion.files import read_motion, write_motion
from ..types import MOTION_FPS, Motion
from .gltf import read_motion_glb, write_motion_glb

GLB = ".glb"


def read_any_motion(path: Path, fps: float = MOTION_FPS) -> Motion:
    """By the suffix of the name, see `read_motion` and `read_motion_glb`. MotionFileError names what is wrong."""
    return read_motion_glb(path, fps) if path.suffix.lower() == GLB else read_motion(path, fps)


def write_any_motion(path: Path, motion: Motion, overwrite: bool = False) -> None:
    """By the suffix of the name, see `write_motion`; a .glb shows a mask. MotionFileError names what is wrong."""
    if path.suffix.lower() == GLB:
        write_motion_glb(path, motion, overwrite=overwrite)
    else:
        write_motion(path, motion, overwrite)
