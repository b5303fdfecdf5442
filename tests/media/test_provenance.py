"""A generated video says that it is one."""

from pathlib import Path

import av
import numpy as np
import pytest

from cemnet.cli.commands import main
from cemnet.media.provenance import DIGITAL_SOURCE_TYPE, generated_metadata
from cemnet.media.video_writer import VideoWriter


def test_the_file_says_that_it_is_generated(tmp_path):
    with VideoWriter(tmp_path / "talk.mp4", 25.0, 32, 32, metadata=generated_metadata()) as video:
        video.write(np.zeros((32, 32, 3), np.float32))
    comment = comment_of(tmp_path / "talk.mp4")
    assert comment.startswith("AI-generated") and DIGITAL_SOURCE_TYPE in comment


@pytest.mark.slow
@pytest.mark.parametrize(("options", "said"), [([], True), (["--unmarked"], False)])
def test_the_command_marks_its_videos_unless_told_otherwise(samples, tmp_path, options, said):
    given = ["--portrait", str(samples / "portrait.png"), "--speech", str(samples / "speech.wav"), "--fps", "2"]
    main(["animate", *given, "--output", str(tmp_path / "talk.mp4"), *options])
    assert ("AI-generated" in comment_of(tmp_path / "talk.mp4")) == said


def comment_of(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.metadata.get("comment", "")
