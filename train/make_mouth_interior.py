"""Takes teeth, gums and tongue out of ICT-FaceKit, shades them, and writes weights/mouth_interior.safetensors.

Usage: python train/make_mouth_interior.py ict_facekit_light.npz [cemnet/weights/mouth_interior.safetensors]
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from cemnet.checkpoint import RELEASED_WEIGHTS, save_checkpoint
from cemnet.curves import smoothstep

JAW_MODES = ("jawOpen", "jawLeft", "jawRight", "jawForward")
ENAMEL, GUM, TONGUE = range(3)
LOWER_LIGHT = 0.8  # the lower jaw lies in the shadow of the upper one
LIGHT = np.array([0.1, 0.3, 1.0]) / np.linalg.norm([0.1, 0.3, 1.0])
UPPER_ROOTS, LOWER_ROOTS = -1.75, -5.05  # teeth beyond these heights are hidden in the gums
DEPTHS = {ENAMEL: (7.4, 10.1), GUM: (5.5, 10.4), TONGUE: (3.5, 9.6)}  # dark at the first, lit at the second
DARKEST = {ENAMEL: 0.12, GUM: 0.2, TONGUE: 0.12}


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (vertex, 3), weighted by the areas of the faces around."""
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], normal)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9)


def face_kinds(base: np.ndarray, faces: np.ndarray, teeth: np.ndarray) -> np.ndarray:
    """Enamel, gum or tongue. The tongue lies inside the lower arch and above its floor."""
    centre = base[faces].mean(1)
    x, y, z = centre.T
    inside_arch = np.abs(x) < 0.42 * np.maximum(9.8 - z, 0) ** 0.8 + 0.2
    tongue = inside_arch & (z < 9.4) & (y < -2.2)
    return np.where(teeth, ENAMEL, np.where(tongue, TONGUE, GUM))


def shading(base: np.ndarray, normals: np.ndarray, faces: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Light on each face: diffuse from the front and above, a highlight on wet enamel, darkness towards the throat."""
    normal = normals[faces].mean(1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    diffuse = 0.45 + 0.55 * np.maximum(normal @ LIGHT, 0)
    highlight = np.maximum(normal @ LIGHT, 0) ** 30 * np.choose(kinds, [0.12, 0.06, 0.05])
    depth = base[faces].mean(1)[:, 2]
    near, far = (np.choose(kinds, [DEPTHS[kind][end] for kind in range(3)]) for end in (1, 0))
    lit = np.clip((depth - far) / (near - far), 0, 1)
    darkest = np.choose(kinds, [DARKEST[kind] for kind in range(3)])
    return (diffuse + highlight) * (darkest + (1 - darkest) * smoothstep(lit))


def layer(ict: dict[str, np.ndarray], upper: bool) -> dict[str, torch.Tensor]:
    """One jaw's mesh: vertices, jaw modes, faces with kind and shade, and an anchor in every tooth."""
    names = [str(name) for name in ict["expression_names"]]
    materials = [str(name) for name in ict["materials"]]
    base = ict["base"].astype(np.float64)
    modes = np.stack([ict["expression"][names.index(name)] for name in JAW_MODES]).astype(np.float64)
    moves = np.linalg.norm(modes[0], axis=1)
    teeth = ict["face_material"] == materials.index("M_Teeth")
    gums = ict["face_material"] == materials.index("M_GumsTongue")
    height, depth, motion = (values[ict["faces"]].mean(1) for values in (base[:, 1], base[:, 2], moves))
    if upper:
        chosen = (motion < 0.15) & ((teeth & (height < UPPER_ROOTS)) | (gums & (depth > 4.5)))
    else:
        chosen = (motion > 1.0) & ((teeth & (height > LOWER_ROOTS)) | (gums & (depth > 3.5)))
    faces = ict["faces"][chosen]
    kinds = face_kinds(base, faces, teeth[chosen])
    if upper:
        kinds[kinds == TONGUE] = GUM  # the palate
    normals = vertex_normals(base, ict["faces"][teeth | gums])
    shade = shading(base, normals, faces, kinds) * (1 if upper else LOWER_LIGHT)
    used, local = np.unique(faces, return_inverse=True)
    tooth_vertices = np.unique(faces[kinds == ENAMEL])
    arch = tooth_vertices[np.argsort(base[tooth_vertices, 0])]
    anchors = np.array_split(arch, 14)
    return {
        "vertices": torch.from_numpy(base[used]).float(),
        "faces": torch.from_numpy(local.reshape(faces.shape)).short(),
        "kinds": torch.from_numpy(kinds).to(torch.uint8),
        "shade": torch.from_numpy(shade).half(),
        "jaw_modes": torch.from_numpy(modes[:, used] if not upper else 0 * modes[:, used]).half(),
        "anchors": torch.from_numpy(np.stack([base[group].mean(0) for group in anchors])).float(),
        "anchor_modes": torch.from_numpy(
            np.stack([modes[:, group].mean(1) for group in anchors], 1) * (not upper)
        ).float(),
    }


def main() -> None:
    """Writes both jaws' meshes as one file of weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ict_facekit", type=Path)
    parser.add_argument("output", type=Path, nargs="?", default=RELEASED_WEIGHTS / "mouth_interior.safetensors")
    arguments = parser.parse_args()
    with np.load(arguments.ict_facekit) as file:
        ict = {name: file[name] for name in file.files}
    tensors = {
        f"{name}.{key}": value for name in ("upper", "lower") for key, value in layer(ict, name == "upper").items()
    }
    save_checkpoint(
        arguments.output, tensors, {"jaw_modes": list(JAW_MODES)},
        data="Teeth, gums and tongue of ICT-FaceKit (USC Institute for Creative Technologies), shaded.",
        license="MIT (ICT-FaceKit, Copyright (c) 2020 USC Institute for Creative Technologies)",
    )  # fmt: skip
    print(arguments.output, {name: tuple(value.shape) for name, value in tensors.items()})


if __name__ == "__main__":
    main()
