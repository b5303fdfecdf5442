"""Phonemes at an even pace."""

from cemnet.training.corpora.phonemes import PhonemeSpan


def say(symbols: list[str], phoneme_seconds: float = 0.09, pause_seconds: float = 0.6) -> list[PhonemeSpan]:
    """One span for each symbol, one after the other from 0 seconds on; "SIL" lasts as long as a pause."""
    spans, now = [], 0.0
    for symbol in symbols:
        end = now + (pause_seconds if symbol == "SIL" else phoneme_seconds)
        spans.append(PhonemeSpan(symbol, now, end))
        now = end
    return spans
