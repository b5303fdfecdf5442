"""The node that tracks a face through a film, so that it can speak with another voice."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from comfy_api.latest import Input, InputImpl, io, ui

from ..cemnet.errors import MediaError
from .rendering import TemporaryName, followed, temporary_file
from .sockets import CATEGORY, FaceSocket, FilmSocket, ModelSocket, connected, schema
from .summaries import film_summary, seen_in_film

if TYPE_CHECKING:
    from ..cemnet.face.tracking import FaceTrack
    from ..cemnet.model import CEMNet


@dataclass(frozen=True)
class Film:
    """A video file and the face that was tracked through it; a temporary file stays as long as its name is held."""

    file: str
    track: "FaceTrack"


class CEMNetVideoFace(io.ComfyNode):
    """Tracks the face of a film that will speak."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Name, inputs and outputs, as ComfyUI shows them."""
        return schema(
            search_aliases=["video in", "dub video", "track face", "video reference"],
            node_id="CEMNetVideoFace",
            display_name="CEM-Net Video Face",
            category=CATEGORY,
            description="Follows a face through a video and reads its identity, pose and emotion. CEM-Net Video Dubber "
            "lets it speak.",
            inputs=[
                ModelSocket.Input("model", tooltip="From CEM-Net Loader."),
                io.Video.Input("video", tooltip="A film with a face, for example from Load Video."),
                io.Int.Input(
                    "face_index",
                    default=0,
                    min=0,
                    max=99,
                    tooltip="Which face when there are several, counted from the largest: 0 is the largest.",
                ),
            ],
            outputs=[
                FilmSocket.Output(display_name="film", tooltip="The film and its face, for CEM-Net Video Dubber."),
                FaceSocket.Output(display_name="face", tooltip="The person of the film, for CEM-Net Emotion Bridge."),
                io.Audio.Output(display_name="audio", tooltip="The film's own sound; empty where it is silent."),
                io.Float.Output(display_name="fps", tooltip="Frames per second of the film, for the bridge."),
                io.String.Output(display_name="summary", tooltip="Length and the emotion the film shows, in words."),
            ],
        )

    @classmethod
    def execute(
        cls, model: "CEMNet | None" = None, video: "Input.Video | None" = None, face_index: int = 0
    ) -> io.NodeOutput:
        """The film, its face, its sound, its frame rate and a summary."""
        from ..cemnet import film_dubbing
        from ..cemnet.media.video_reader import video_fps, video_frames
        from ..cemnet.render.film import person_of

        model, video = connected(model, "model"), connected(video, "video")
        file = file_of(video)
        path = Path(file)
        fps = video_fps(path)
        num_frames = round(InputImpl.VideoFromFile(str(path)).get_duration() * fps)
        frames = followed(video_frames(path, fps, alpha=True), max(1, num_frames))
        track = film_dubbing.track_frames(model, frames, fps, face_index)
        told = ui.PreviewText(seen_in_film(track))
        return io.NodeOutput(Film(file, track), person_of(track), sound_of(path), fps, film_summary(track), ui=told)


def file_of(video: Input.Video) -> str:
    """The file of a VIDEO; one that is in memory or trimmed is saved into ComfyUI's temporary folder first."""
    if isinstance(video, InputImpl.VideoFromFile):
        source = video.get_stream_source()
        if isinstance(source, str) and video.get_duration() == InputImpl.VideoFromFile(source).get_duration():
            return source
    name = TemporaryName(temporary_file())
    video.save_to(name)
    return name


def sound_of(path: Path) -> dict | None:
    """The sound of a film as AUDIO, or None where it has none."""
    from ..cemnet.media.sound import read_audio

    try:
        audio = read_audio(path)
    except MediaError:
        return None
    return {"waveform": audio.waveform.unsqueeze(0), "sample_rate": audio.sample_rate}
