"""The inputs that all nodes that perform speech have in common."""

from comfy_api.latest import io

from ..cemnet.arkit import EMOTIONS


def performance_inputs() -> list[io.Combo.Input | io.Float.Input | io.Int.Input]:
    """Inputs for emotion, intensity and seed, fields of `PerformanceSettings`; the same for every such node."""
    return [
        io.Combo.Input(
            "emotion",
            options=["auto", *EMOTIONS],
            default="auto",
            tooltip="auto follows the voice from moment to moment; any other choice overrules it.",
        ),
        io.Float.Input(
            "intensity",
            default=1.0,
            min=0.0,
            max=2.0,
            step=0.05,
            display_mode=io.NumberDisplay.slider,
            tooltip="1 shows the emotion as strongly as the voice carries it, or a chosen emotion in full; "
            "0 is neutral, 2 exaggerates.",
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
