"""Marks a video as generated, for people and for programs that tell generated media from filmed ones."""

from .. import __version__

# IPTC's vocabulary of digital source types: a captured picture that a trained model changed.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def generated_metadata() -> dict[str, str]:
    """Metadata for `video_writer.VideoWriter`: a comment that players show and that stays when the file is copied."""
    return {
        "comment": f"AI-generated: a face animated by CEM-Net {__version__}. Digital source type: {DIGITAL_SOURCE_TYPE}"
    }
