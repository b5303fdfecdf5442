"""The node that lets the face of a film speak with another voice."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..cemnet.performance_settings import FILM_ENDS
from .rendering import followed, shown_video, streamed_video
from .sockets import (
    CATEGORY,
    FilmSocket,
    ModelSocket,
    MotionSocket,
    connected,
    first_sound,
    mark_input,
    schema,
)

if TYPE_CHECKING:
    from ..cemnet.model import CEMNet
    from ..cemnet.performance_settings import FilmEnd
    from ..cemnet.types import Motion
    from .video_face import Film


class CEMNetVideoDubber(io.ComfyNode):
    """Puts a motion on the face of a film; head, blinks and gaze stay the film's own."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["dub video", "redub", "change emotion in video", "video to video"],
            node_id="CEMNetVideoDubber",
            display_name="CEM-Net Video Dubber",
            category=CATEGORY,
            description="Moves the mouth and the expression of a face in a film; its head, blinks and gaze stay. "
            "The frames go to disk as they are made, so that long films need no more memory than short ones.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                FilmSocket.Input("film", tooltip="From CEM-Net Video Face."),
                MotionSocket.Input("motion", tooltip="From CEM-Net Emotion Bridge, with the face and fps of the film."),
                io.Audio.Input("audio", optional=True, tooltip="The speech. Without it the video is silent."),
                mark_input(),
                io.Combo.Input(
                    "film_end",
                    options=list(FILM_ENDS),
                    default=FILM_ENDS[0],
                    optional=True,
                    tooltip="Where the speech is longer than the film: hold its last picture, begin it again (loop), "
                    "or run it back and forth (ping-pong).",
                ),
            ],
            outputs=[io.Video.Output(display_name="video", tooltip="The dubbed film, for Save Video.")],
        )

    @classmethod
    def execute(
        cls,
        model: "CEMNet | None" = None,
        film: "Film | None" = None,
        motion: "Motion | None" = None,
        audio: Mapping[str, Any] | None = None,
        mark_as_generated: bool = True,
        film_end: "FilmEnd" = "hold",
    ) -> io.NodeOutput:
        """The dubbed film, which the node also plays."""
        from ..cemnet.media.video_reader import video_frames
        from ..cemnet.motion.editing import at_rate
        from ..cemnet.render.film import as_long_as_film, dubbed_frames, ordered_pictures, performed_in_film

        model, film, motion = connected(model, "model"), connected(film, "film"), connected(motion, "motion")
        track = film.track
        sound = None if audio is None else first_sound(audio)
        seconds = (motion.num_frames - 1) / motion.fps if sound is None else sound.duration_seconds
        performed = performed_in_film(track, as_long_as_film(track, at_rate(motion, track.fps), seconds), film_end)
        read = partial(video_frames, Path(film.file), track.fps, alpha=track.transparent)
        pictures = ordered_pictures(read, track.num_frames, film_end)
        frames = dubbed_frames(model.renderer, pictures, track, performed, film_end)
        return shown_video(streamed_video(followed(frames, performed.num_frames), track.fps, sound, mark_as_generated))
