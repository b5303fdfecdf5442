"""A generated video says that it is one."""

import av
import numpy as np

from cemnet.provenance import DIGITAL_SOURCE_TYPE, generated_metadata
from cemnet.video_writer import VideoWriter


def test_the_file_says_that_it_is_generated(tmp_path):
    with VideoWriter(tmp_path / "talk.mp4", 25.0, 32, 32, metadata=generated_metadata()) as video:
        video.write(np.zeros((32, 32, 3), np.float32))
    with av.open(str(tmp_path / "talk.mp4")) as container:
        comment = container.metadata["comment"]
    assert comment.startswith("AI-generated") and DIGITAL_SOURCE_TYPE in comment
