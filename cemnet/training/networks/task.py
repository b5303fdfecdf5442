"""The task that trains AEE, EBM and the motion decoder: data, network, objective, and the released weights."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from ...config import ModelConfig
from ...network import NETWORK_WEIGHTS, EmotionNetwork
from ..examples import ENDLESS, Numbered, endless_loader
from ..performer.captured_people import ActionUnitTable
from ..performer.emotion_prototypes import Person
from ..performer.filmed_persons import FilmedPersons
from ..task import Task, TaskPlan, release_weights
from .captured_speech import load_captured_speech
from .cross_pairs import CrossPairs, PersonSource, first_people
from .feature_clips import FeatureClips, load_feature_clips
from .filmed_clips import FilmedClips
from .objective import Objective
from .settings import TrainingSettings
from .temperature import choose_temperature
from .voice_statistics import VoiceTable


def plan_networks(config: Path, overrides: Sequence[str] = ()) -> TaskPlan:
    """The plan that a yaml file describes; CEMNetError for settings that cannot be."""
    settings = TrainingSettings.load(config, overrides)
    return TaskPlan(settings, lambda output, device: build_task(settings, output, device))


def build_task(settings: TrainingSettings, output: Path, device: torch.device) -> Task:
    """Loads the clips (their features are kept in `output/features`), chooses the temperature, builds the network."""
    clips = load_feature_clips(settings.data, output / "features", device, settings.seed)
    voices = VoiceTable.of(clips.clips, settings.seed)
    draw = person_source(settings)
    captured = load_captured_speech(settings.data, output / "features", device, settings.seed)
    films = FilmedClips.among(clips.clips) if settings.data.filmed_share else None
    pairs = CrossPairs(
        clips,
        voices,
        settings.data.crop_seconds,
        ENDLESS,
        draw=draw,
        captured=captured,
        seed=settings.seed,
        films=films,
        filmed_share=settings.data.filmed_share,
    )
    loader = endless_loader(pairs, Numbered(), settings.batch_size, settings.num_workers)
    network = build_network(settings, clips, voices, draw)

    def release() -> Path:
        config = network.config.to_dict()
        filmed = "; people like filmed actors" if settings.data.action_units else ""
        filmed += "" if films is None else f"; {len(films.people)} filmed people"
        spoken = "" if captured is None else f"; {len(captured.takes)} captured takes"
        licenses = clips.license if captured is None else "; ".join(sorted({clips.license, captured.license}))
        return release_weights(output / NETWORK_WEIGHTS, network, config, clips.description + filmed + spoken, licenses)

    return Task(network, Objective(network, settings.heard_share, settings.adversary), loader, pairs.sources, release)


def person_source(settings: TrainingSettings) -> PersonSource:
    """Draws the people who perform: like the filmed actors of the settings' table, or as the literature has them.

    Actors among the validation speakers are left out.
    """
    if not settings.data.action_units:
        return Person.sample
    table = ActionUnitTable.read(Path(settings.data.action_units))
    left_out = [speaker.removeprefix("ravdess/") for speaker in settings.data.validation_speakers]
    return FilmedPersons.fit(table.without(left_out), settings.seed).draw


def build_network(
    settings: TrainingSettings, clips: FeatureClips, voices: VoiceTable, draw: PersonSource = Person.sample
) -> EmotionNetwork:
    """An untrained network that knows its data: temperature, scale of the statistics, styles, and first people."""
    network = EmotionNetwork(calibrated(settings, clips, voices))
    network.audio_emotion.standardised(*voices.scale)
    network.audio_emotion.style_heard.copy_(clips.heard_styles())
    with torch.no_grad():
        rest, apexes = first_people(settings.model.emotion_memory.num_slots, settings.seed, draw)
        network.emotion_memory.rest.copy_(rest)
        network.emotion_memory.apexes.copy_(apexes)
    return network


def calibrated(settings: TrainingSettings, clips: FeatureClips, voices: VoiceTable) -> ModelConfig:
    """The settings' model with the temperature that suits training speakers who are left out for a try.

    Without folds (`temperature_folds: 0`) the model is returned unchanged.
    """
    if not settings.temperature_folds:
        return settings.model
    # The tries train for as many steps as the run: longer training makes the branch more certain.
    config, num_steps = settings.model.audio_emotion, settings.num_steps
    temperature = choose_temperature(clips.clips, voices, config, settings.temperature_folds, num_steps, settings.seed)
    return replace(settings.model, audio_emotion=replace(config, temperature=temperature))
