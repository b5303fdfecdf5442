"""Where the tests find the checkout and the data that is not part of it."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLES = REPOSITORY / "samples"
TEST_DATA = REPOSITORY / "tests" / "data"
# ICT-FaceKit's light file (see README, section Training); tests that need it are skipped where it is missing.
ICT_FACEKIT = Path(os.environ.get("CEMNET_ICT_FACEKIT", REPOSITORY.parent / "shared/data/ict_facekit_light.npz"))
