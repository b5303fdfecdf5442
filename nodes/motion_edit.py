"""The node that edits a motion: more or less of its parts, smoother, earlier or later."""

from typing import TYPE_CHECKING

from comfy_api.latest import io

from .sockets import MOTION_CATEGORY, MotionSocket, connected, schema
from .summaries import motion_summary

if TYPE_CHECKING:
    from ..cemnet.types import Motion


def amount(name: str, meaning: str, label: str | None = None) -> io.Float.Input:
    """An input for the amount of one part: 1 leaves it as it is, 0 stills it.

    `label` is the word that CEM-Net Emotion Bridge and the command have for it; workflows store the name.
    """
    return io.Float.Input(
        name,
        display_name=label,
        default=1.0,
        min=0.0,
        max=3.0,
        step=0.05,
        tooltip=f"{meaning} 1 leaves it as it is, 0 stills it.",
    )


def turn(name: str, meaning: str) -> io.Float.Input:
    """An input for a turn of the eyes: 0 leaves them as they are."""
    return io.Float.Input(name, default=0.0, min=-1.0, max=1.0, step=0.05, optional=True, tooltip=meaning)


class CEMNetMotionEdit(io.ComfyNode):
    """Edits a motion between the bridge and the renderer."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["scale motion", "smooth motion", "delay lips", "head movement", "blink amount"],
            node_id="CEMNetMotionEdit",
            display_name="CEM-Net Motion Edit",
            category=MOTION_CATEGORY,
            description="Scales head, blinks, gaze, mouth and emotion of a motion, smooths it, moves it in time, and "
            "turns the eyes.",
            inputs=[
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge or CEM-Net Load Motion."),
                amount("head", "Turning and nodding.", "head_motion"),
                amount("blink", "How far the lids move.", "blinks"),
                amount("gaze", "How far the eyes wander."),
                amount("mouth", "How far the mouth opens and forms its sounds."),
                amount("emotion", "Brows, cheeks, eyes and the corners of the mouth."),
                io.Float.Input(
                    "smoothing_seconds",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Calms every curve over this time. Above 0.05 the lips no longer close fully.",
                ),
                io.Float.Input(
                    "offset_seconds",
                    default=0.0,
                    min=-10.0,
                    max=10.0,
                    step=0.01,
                    tooltip="Moves the performance against the sound: positive is later, negative earlier.",
                ),
                turn("look_sideways", "Turns the eyes: positive to the right of the picture, negative to the left."),
                turn("look_up", "Turns the eyes up, or down where negative."),
            ],
            outputs=[
                MotionSocket.Output(display_name="motion", tooltip="The edited motion, as long as before."),
                io.String.Output(display_name="summary", tooltip="Length and strongest movements, in words."),
            ],
        )

    @classmethod
    def execute(
        cls,
        motion: "Motion | None" = None,
        head: float = 1.0,
        blink: float = 1.0,
        gaze: float = 1.0,
        mouth: float = 1.0,
        emotion: float = 1.0,
        smoothing_seconds: float = 0.0,
        offset_seconds: float = 0.0,
        look_sideways: float = 0.0,
        look_up: float = 0.0,
    ) -> io.NodeOutput:
        """The edited motion and its summary."""
        from ..cemnet.motion.editing import edit_motion

        edited = edit_motion(
            connected(motion, "motion"),
            head,
            blink,
            gaze,
            mouth,
            emotion,
            smoothing_seconds,
            offset_seconds,
            look_sideways,
            look_up,
        )
        return io.NodeOutput(edited, motion_summary(edited))
