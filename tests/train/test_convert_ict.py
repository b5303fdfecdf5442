"""ICT-FaceKit's OBJ files become the light file that training reads."""

import subprocess
import sys

import numpy as np
from paths import REPOSITORY


def test_ict_facekits_files_become_one_small_file(tmp_path):
    folder, output = tmp_path / "FaceXModel", tmp_path / "ict.npz"
    folder.mkdir()
    square = ["v 0 0 0", "v 1 0 0", "v 1 1 0", "v 0 1 0", "v 0 0 1"]
    polygons = ["usemtl M_Teeth", "f 1/1 2/2 3/3 4/4", "usemtl M_Face", "f 1/1 2/2 5/5"]
    shapes = {
        "generic_neutral_mesh": square,
        "identity000": ["v 0 0 2", *square[1:]],
        "jawOpen": [*square[:4], "v 0 -1 1"],
    }
    for name, vertices in shapes.items():
        (folder / f"{name}.obj").write_text("\n".join([*vertices, *polygons]))
    script = REPOSITORY / "train" / "convert_ict.py"
    subprocess.run([sys.executable, str(script), str(folder), str(output)], check=True, capture_output=True)
    with np.load(output) as ict:
        assert ict["faces"].tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4]]
        assert ict["materials"][ict["face_material"]].tolist() == ["M_Teeth", "M_Teeth", "M_Face"]
        assert ict["identity"][0].tolist() == [[0, 0, 2], *[[0, 0, 0]] * 4]
        assert ict["expression_names"].tolist() == ["jawOpen"]
        assert ict["expression"][0][4].tolist() == [0, -1, 0]
