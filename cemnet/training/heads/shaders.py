"""Reads the GLSL files beside the modules and puts complete shaders together.

A shader is one whole file followed by one piece. The file declares the functions that it calls and the piece defines
them: a piece that lacks one is an error of the shader compiler, never a silent omission.
"""

from collections.abc import Mapping
from pathlib import Path


def shader_sources(whole: Path, piece: Path, constants: Mapping[str, float]) -> tuple[str, str]:
    """The sources of a vertex shader and a fragment shader.

    Both paths are without their endings `.vert.glsl` and `.frag.glsl`. The constants are defined before the piece.
    FileNotFoundError where the package was installed without its shaders.
    """
    defines = "".join(f"#define {name} {float(value)}\n" for name, value in constants.items())

    def source(stage: str) -> str:
        first, second = (path.with_name(f"{path.name}.{stage}.glsl").read_text() for path in (whole, piece))
        return f"{first}\n{defines}{second}"

    return source("vert"), source("frag")
