"""The inputs that nodes which perform speech, or let a face idle, have in common."""

from comfy_api.latest import io

from ..cemnet.arkit import EMOTIONS

AS_HEARD = "auto follows the voice from moment to moment; any other choice overrules it."
AS_LOUD = (
    "1 shows the emotion as strongly as the voice carries it, or a chosen emotion in full; 0 is neutral, 2 exaggerates."
)


def performance_inputs(
    emotion: str = AS_HEARD, intensity: str = AS_LOUD
) -> list[io.Combo.Input | io.Float.Input | io.Int.Input]:
    """Inputs for emotion, intensity (each with its tooltip) and seed, fields of `PerformanceSettings`."""
    return [
        io.Combo.Input("emotion", options=["auto", *EMOTIONS], default="auto", tooltip=emotion),
        io.Float.Input(
            "intensity",
            default=1.0,
            min=0.0,
            max=2.0,
            step=0.05,
            display_mode=io.NumberDisplay.slider,
            tooltip=intensity,
        ),
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=0xFFFFFFFF,
            control_after_generate=True,
            tooltip="Varies blinks, glances and head movements. The same seed gives the same performance.",
        ),
    ]


def life_inputs(head_motion: str) -> list[io.Float.Input]:
    """Inputs for the frame rate and the amounts of blinks, gaze and head motion, whose meaning is given."""
    return [
        io.Float.Input(
            "fps",
            default=25.0,
            min=1.0,
            max=240.0,
            step=0.01,
            tooltip="Frames per second of the video. The nodes that follow learn it from the motion.",
        ),
        _liveliness("blinks", "How far the eyes close in a blink.", most=1.0),
        _liveliness("gaze", "How far the eyes wander."),
        _liveliness("head_motion", head_motion),
    ]


def _liveliness(name: str, meaning: str, most: float = 2.0) -> io.Float.Input:
    return io.Float.Input(
        name,
        default=1.0,
        min=0.0,
        max=most,
        step=0.05,
        optional=True,
        tooltip=f"{meaning} 1 is natural, 0 switches it off.",
    )
