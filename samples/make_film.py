"""Makes film.mp4, a cheerful person to dub, out of widescreen.jpg and speech.wav: python samples/make_film.py"""

from pathlib import Path

from cemnet import pipeline
from cemnet.media import images, sound

FOLDER = Path(__file__).parent


def main() -> None:
    model = pipeline.load_model(device="cpu")
    picture = images.read_image(FOLDER / "widescreen.jpg")[::2, ::2].contiguous()
    speech = sound.read_audio(FOLDER / "speech.wav")
    settings = pipeline.PerformanceSettings("happy", seed=3, head_motion=1.5)
    pipeline.animate(model, picture, speech, FOLDER / "film.mp4", overwrite=True, settings=settings)


if __name__ == "__main__":
    main()
