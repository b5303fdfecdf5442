"""What a generated video says about itself, for people and for programs that sort generated media from filmed."""

from .. import __version__

# IPTC's vocabulary of digital source types: a captured picture that a trained model changed.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def generated_metadata() -> dict[str, str]:
    """A tag for `video_writer.VideoWriter` that players show and that survives being copied into another MP4 file."""
    return {
        "comment": f"AI-generated: a face animated by CEM-Net {__version__}. Digital source type: {DIGITAL_SOURCE_TYPE}"
    }
