"""Makes two_people.jpg and widescreen.jpg out of portrait.png: python samples/make_pictures.py"""

from pathlib import Path

from PIL import Image, ImageOps

FOLDER = Path(__file__).parent


def main() -> None:
    portrait = Image.open(FOLDER / "portrait.png").convert("RGB")
    person = portrait.resize((480, 480), Image.Resampling.LANCZOS).crop((50, 0, 370, 480))
    together = Image.new("RGB", (640, 480))
    together.paste(person, (0, 0))
    together.paste(ImageOps.mirror(person), (320, 0))
    together.save(FOLDER / "two_people.jpg", quality=90)
    upper = portrait.crop((0, 0, 512, 288))
    upper.resize((1280, 720), Image.Resampling.LANCZOS).save(FOLDER / "widescreen.jpg", quality=90)


if __name__ == "__main__":
    main()
