"""Curves of films whose truth is known: rendered heads that speak as the performer acts."""

import numpy as np
import pytest
from acted_films import write_mead
from ict_heads import load_head, load_head_renderer
from needed_programs import needs_espeak

from cemnet.arkit import ARKIT_INDEX
from cemnet.training.corpora.clips import load_clip

pytest.importorskip("hama", reason="recognising phonemes needs hama, an extra of training")
pytest.importorskip("pocketsphinx", reason="aligning phonemes needs pocketsphinx, an extra of training")
from cemnet.training.corpora.preparation import prepare_corpus

pytestmark = pytest.mark.slow
MAIN = {"happy": ("jawOpen", "mouthSmileLeft", "mouthSmileRight"), "surprise": ("jawOpen", "browInnerUp")}
LAGS = range(-3, 4)


@needs_espeak
def test_tracked_curves_follow_the_true_ones_without_a_lag(tmp_path):
    head = load_head()
    load_head_renderer(head)
    truths = write_mead(tmp_path / "in", head, [2], ("happy", "surprise"), size=384)
    report = prepare_corpus("mead", tmp_path / "in", tmp_path / "out", video=True)
    assert [outcome.status for outcome in report.outcomes] == ["made", "made"]
    for emotion, truth in zip(MAIN, truths, strict=True):
        clip = load_clip(tmp_path / "out" / f"{truth.name}.safetensors")
        assert clip.expression is not None and len(clip.expression) == len(truth.expression)
        assert clip.confidence is not None and clip.confidence.min() > 0.5
        for name in MAIN[emotion]:
            seen, true = clip.expression[:, ARKIT_INDEX[name]].numpy(), truth.expression[:, ARKIT_INDEX[name]]
            frames = slice(3, -3)
            follows = [np.corrcoef(np.roll(seen, lag)[frames], true[frames])[0, 1] for lag in LAGS]
            assert max(follows) >= 0.9, name
            assert LAGS[int(np.argmax(follows))] == 0, name
