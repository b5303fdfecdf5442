"""What a generated video says about itself, for people and for programs that sort generated media from filmed."""

from . import __version__

# IPTC's vocabulary of digital source types: a captured picture that a trained model changed.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def generated_metadata() -> dict[str, str]:
    """Tags for `video_writer.VideoWriter` that players show and that survive being copied into another MP4 file."""
    return {
        "comment": f"AI-generated: a portrait animated by CEM-Net {__version__}. Digital source type: "
        f"{DIGITAL_SOURCE_TYPE}",
        "encoded_by": f"CEM-Net {__version__}",
    }
