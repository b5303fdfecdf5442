"""A table of the emotion branch's inputs and labels: labelled recordings, whole and in parts, computed once.

The branch takes only the statistics of windows of a sound, so one training example costs no more than a table look-up.
Beside most rows that are drawn stands the speaker's normal voice, as a user may give it: other, neutral clips. Rows are
handed from speaker to speaker: an emotion sounds the same in another voice, room and language.
The manner of each part is measured on the clean recording, so that the branch learns to hear it through noise, and told
against the speaker's own mean, so that a high voice is one that is raised and not a woman's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from ...emotion.audio_emotion import voiced_weights, whole_statistics, window_statistics
from ...speech.manner import manner
from .feature_clips import STYLES, FeatureClip, Recording, full_speaker

PARTS = 3  # of each recording, beside the whole
SHORTEST_FRAMES, LONGEST_FRAMES = 30, 100
NORMAL_CLIPS = 3  # at most, which together tell of a speaker's normal voice
NORMAL_SHARE = 0.6  # of the drawn rows whose speaker's normal voice is known
LEAST_HANDED, MOST_HANDED = 0.5, 1.5  # of the way from the row's speaker to another


@dataclass(frozen=True)
class VoiceTable:
    """Rows of statistics with their labels; the rows of one clip are consecutive."""

    statistics: Float[Tensor, "row statistic"]  # fp16
    style: Int[Tensor, "row"]
    strength: Float[Tensor, "row"]
    manner: Float[Tensor, "row manner"]  # see speech.manner; against the speaker's own mean
    rows_of: dict[str, range]  # by the clip's full name
    neutral_rows: dict[str, tuple[range, ...]]  # by the speaker's full name: a range for each neutral clip
    speaker: tuple[str, ...]  # of each row: the full name

    @classmethod
    def of(cls, clips: Sequence[FeatureClip], seed: int) -> "VoiceTable":
        """All recordings of the labelled clips; the parts are drawn with the seed."""
        rng = np.random.default_rng(seed)
        labelled = [clip for clip in clips if clip.is_labelled]
        habits = manner_habits(labelled)
        rows_of, blocks, manners, styles, strengths, speakers, first = {}, [], [], [], [], [], 0
        for clip in tqdm(labelled, desc="Voices", leave=False):
            parts = [random_parts(recording, rng) for recording in clip.recordings]
            block = torch.cat([part_statistics(*part) for part in zip(clip.recordings, parts, strict=True)])
            spoken = torch.cat([part_manners(clip, *part) for part in zip(clip.recordings, parts, strict=True)])
            manners.append(spoken - habits[full_speaker(clip.clip)])
            rows_of[clip.full_name] = range(first, first + len(block))
            first += len(block)
            blocks.append(block)
            styles += [clip.style] * len(block)
            strengths += [clip.clip.intensity] * len(block)
            speakers += [full_speaker(clip.clip)] * len(block)
        strength = torch.tensor(strengths, dtype=torch.float32)
        return cls(
            torch.cat(blocks), torch.tensor(styles), strength, torch.cat(manners), rows_of,
            _neutral_rows(labelled, rows_of), tuple(speakers),
        )  # fmt: skip

    @cached_property
    def scale(self) -> tuple[Float[Tensor, "statistic"], Float[Tensor, "statistic"], Float[Tensor, "statistic"]]:
        """Mean and deviation of each statistic, and its deviation from speakers' normal voices.

        They standardise the branch's input. The last is 1 where no normal voice is known.
        """
        table, normal = self.statistics.float(), torch.full_like(self.statistics, torch.nan, dtype=torch.float32)
        for speaker, clips in self.neutral_rows.items():
            own = [row for row, name in enumerate(self.speaker) if name == speaker]
            normal[own] = table[[clip[0] for clip in clips]].mean(0)
        known = ~normal[:, 0].isnan()
        squares = (table[known] - normal[known]).square()
        around = squares.mean(0).sqrt() if len(squares) else torch.ones(table.shape[1])
        return table.mean(0), table.std(0).clamp_min(1e-3), around.clamp_min(1e-3)

    def only(self, clips: Sequence[FeatureClip]) -> "VoiceTable":
        """The rows of some of its clips."""
        rows_of, rows = {}, []
        for clip in clips:
            own = self.rows_of[clip.full_name]
            rows_of[clip.full_name] = range(len(rows), len(rows) + len(own))
            rows += own
        return VoiceTable(
            self.statistics[rows], self.style[rows], self.strength[rows], self.manner[rows], rows_of,
            _neutral_rows(clips, rows_of), tuple(self.speaker[row] for row in rows),
        )  # fmt: skip

    @cached_property
    def speaker_means(self) -> dict[str, Float[Tensor, "statistic"]]:
        """The mean statistics of each speaker, by full name; each style counts once."""
        means = {}
        for name in sorted(set(self.speaker)):
            own = torch.tensor([row for row, speaker in enumerate(self.speaker) if speaker == name])
            styles = [own[self.style[own] == style] for style in self.style[own].unique()]
            means[name] = torch.stack([self.statistics[rows].float().mean(0) for rows in styles]).mean(0)
        return means

    @cached_property
    def _stacked_means(self) -> tuple[dict[str, int], Float[Tensor, "speaker statistic"]]:
        """The row of each speaker, and the speakers' means in these rows: examples are drawn by the thousand."""
        return {name: row for row, name in enumerate(self.speaker_means)}, torch.stack(
            list(self.speaker_means.values())
        )

    def handed(self, rows: Int[Tensor, "row"], rng: np.random.Generator) -> Float[Tensor, "row statistic"]:
        """What turns the statistics of rows into those of other speakers, each drawn at random.

        It is the difference of the two speakers' means, taken half to one and a half times: what tells speakers,
        recordings and languages apart must not tell emotions, least of all those of a corpus that was never heard.
        """
        places, means = self._stacked_means
        own = [places[self.speaker[int(row)]] for row in rows]
        other = rng.integers(len(places), size=len(rows))
        way = torch.from_numpy(rng.uniform(LEAST_HANDED, MOST_HANDED, (len(rows), 1))).float()
        return way * (means[other] - means[own])

    def judged(self, count: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """A batch of random rows (with replacement), handed to other speakers, and their labels, by name."""
        rows = torch.from_numpy(rng.integers(len(self.style), size=count))
        handed = self.handed(rows, rng)
        return {
            "judged_statistics": self.statistics[rows].float() + handed,
            "judged_normal": torch.stack([self.normal(int(row), rng) for row in rows]) + handed,
            "judged_style": self.style[rows],
            "judged_strength": self.strength[rows],
            "judged_manner": self.manner[rows],
        }

    def of_clip(
        self, clip: FeatureClip, rng: np.random.Generator
    ) -> tuple[Float[Tensor, "statistic"], Float[Tensor, "statistic"], Float[Tensor, "manner"]]:
        """Statistics of a random row of the clip, of its speaker's normal voice (see `normal`), and its manner."""
        rows = self.rows_of[clip.full_name]
        row = rows[int(rng.integers(len(rows)))]
        return self.statistics[row].float(), self.normal(row, rng), self.manner[row]

    def normal(
        self, row: int, rng: np.random.Generator, share: float = NORMAL_SHARE, clean: bool = False
    ) -> Float[Tensor, "statistic"]:
        """Statistics of up to NORMAL_CLIPS neutral clips of the row's speaker, none of them its own; else NaN.

        A `share` of the calls knows them, where there are any. Whole recordings and parts of them, clean and degraded,
        are mixed; with `clean` only the whole, clean ones count.
        """
        others = [rows for rows in self.neutral_rows.get(self.speaker[row], ()) if row not in rows]
        if not others or rng.random() >= share:
            return torch.full(self.statistics.shape[1:], torch.nan)
        chosen = [others[index] for index in rng.permutation(len(others))[:NORMAL_CLIPS]]
        rows = [rows[0] if clean else rows[int(rng.integers(len(rows)))] for rows in chosen]
        return self.statistics[rows].float().mean(0)


def _neutral_rows(clips: Sequence[FeatureClip], rows_of: Mapping[str, range]) -> dict[str, tuple[range, ...]]:
    """The rows of each speaker's neutral clips, a range for each clip."""
    rows: dict[str, tuple[range, ...]] = {}
    for clip in clips:
        if clip.is_labelled and STYLES[clip.style] == "neutral":
            speaker = full_speaker(clip.clip)
            rows[speaker] = (*rows.get(speaker, ()), rows_of[clip.full_name])
    return rows


def random_parts(recording: Recording, rng: np.random.Generator) -> list[slice]:
    """The whole recording, then PARTS random parts around its voice."""
    return [slice(0, len(recording.voice)), *(random_part(recording.voice, rng) for _ in range(PARTS))]


def recording_statistics(recording: Recording) -> Float[Tensor, "statistic"]:
    """Statistics of a whole recording as one window; fp16, as the table keeps them."""
    return whole_statistics(recording.hidden, recording.voice).half()


def part_statistics(recording: Recording, parts: Sequence[slice]) -> Float[Tensor, "part statistic"]:
    """Statistics of each part of a recording as one window; fp16, because many are kept."""
    voice = recording.voice
    weights = torch.stack([voiced_weights(voice, part) for part in parts])
    hidden = recording.hidden.unsqueeze(0).float()
    return window_statistics(hidden, voice.unsqueeze(0), weights.unsqueeze(0))[0].half()


def part_manners(clip: FeatureClip, recording: Recording, parts: Sequence[slice]) -> Float[Tensor, "part manner"]:
    """The manner of parts of one of the clip's recordings, as its clean recording has it at the same share of time."""
    clean = clip.recordings[0].voice
    pace = len(clean) / len(recording.voice)
    return torch.stack([manner(clean[round(part.start * pace) : round(part.stop * pace)]) for part in parts])


def manner_habits(clips: Sequence[FeatureClip]) -> dict[str, Float[Tensor, "manner"]]:
    """The mean manner of each speaker (full name) over the styles of the labelled clips, each style counted once."""
    heard: dict[str, dict[int, list[Tensor]]] = {}
    for clip in clips:
        styles = heard.setdefault(full_speaker(clip.clip), {})
        styles.setdefault(clip.style, []).append(manner(clip.recordings[0].voice))
    return {
        speaker: torch.stack([torch.stack(spoken).mean(0) for spoken in styles.values()]).mean(0)
        for speaker, styles in heard.items()
    }


def random_part(voice: Float[Tensor, "frame voice"], rng: np.random.Generator) -> slice:
    """A random part of 30 to 100 frames, about the length of a window, that reaches into the voiced frames."""
    total = len(voice)
    length = min(total, int(rng.integers(SHORTEST_FRAMES, LONGEST_FRAMES + 1)))
    voiced = torch.nonzero(voice[:, 3]).flatten().tolist() or [0, total - 1]
    start = int(rng.integers(0, max(0, min(voiced[-1] - length // 2, total - length)) + 1))
    return slice(start, start + length)
