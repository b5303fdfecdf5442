"""Packs ICT-FaceKit's OBJ files into the one small file that training reads.

    git clone https://github.com/ICT-VGL/ICT-FaceKit
    python train/convert_ict.py ICT-FaceKit/FaceXModel ict_facekit_light.npz

Identity and expression shapes are stored as half-precision displacements from the neutral head.
"""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

NEUTRAL = "generic_neutral_mesh"


def read_vertices(path: Path) -> np.ndarray:
    """The `v` lines of an OBJ file, (vertex, 3)."""
    with path.open() as lines:
        return np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float32)


def read_triangles(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Polygons as fans of triangles (face, 3), the number of each one's material, and the materials' names."""
    triangles, used, name = [], [], ""
    with path.open() as lines:
        for line in lines:
            if line.startswith("usemtl "):
                name = line.split()[1]
            elif line.startswith("f "):
                corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
                fan = [(corners[0], *corners[k : k + 2]) for k in range(1, len(corners) - 1)]
                triangles += fan
                used += [name] * len(fan)
    materials = sorted(set(used))
    return np.array(triangles, np.int32), np.array([materials.index(each) for each in used], np.uint8), materials


def convert(folder: Path) -> dict[str, np.ndarray]:
    """The arrays of the light file; see `cemnet.training.heads.ict_head.HeadModel`."""
    base = read_vertices(folder / f"{NEUTRAL}.obj")
    faces, face_material, materials = read_triangles(folder / f"{NEUTRAL}.obj")
    shapes = {path.stem: path for path in sorted(folder.glob("*.obj")) if path.stem != NEUTRAL}
    moved = {name: read_vertices(path) - base for name, path in tqdm(shapes.items(), "reading shapes")}
    names = [name for name in moved if not name.startswith("identity")]
    identity = np.stack([shape for name, shape in moved.items() if name.startswith("identity")])
    expression = np.stack([moved[name] for name in names])
    return {
        "base": base,
        "faces": faces,
        "face_material": face_material,
        "materials": np.array(materials),
        "identity": identity.astype(np.float16),
        "expression": expression.astype(np.float16),
        "expression_names": np.array(names),
    }


def main() -> None:
    """Converts ICT-FaceKit's folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="ICT-FaceKit's FaceXModel folder")
    parser.add_argument("output", type=Path, help="the .npz to write")
    options = parser.parse_args()
    if not (options.folder / f"{NEUTRAL}.obj").is_file():
        parser.error(f"{options.folder} holds no {NEUTRAL}.obj: give the FaceXModel folder of ICT-FaceKit.")
    np.savez_compressed(options.output, **convert(options.folder))  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main()
