"""Phonemes in one alphabet, without gaps and overlaps."""

from cemnet.training.corpora.phonemes import PhonemeSpan, fill_silence, from_ipa


def test_ipa_is_read_symbol_by_symbol():
    assert from_ipa("pfˈeːɾt") == ["P", "F", "EH", "D", "T"]
    assert from_ipa("d͡ʒɔɪ") == ["JH", "OY"]
    assert from_ipa("ˈʃøːnə") == ["SH", "UH", "N", "AX"]
    assert from_ipa("") == from_ipa("˥ʔ") == []


def test_gaps_become_silence_and_overlaps_are_cut():
    spans = [PhonemeSpan("AA", 0.5, 1.0), PhonemeSpan("B", 0.9, 1.2), PhonemeSpan("IY", 1.25, 1.5)]
    filled = fill_silence(spans, 2.0)
    assert [span.phoneme for span in filled] == ["SIL", "AA", "B", "IY", "SIL"]
    edges = [(span.start_seconds, span.end_seconds) for span in filled]
    assert edges == [(0.0, 0.5), (0.5, 1.0), (1.0, 1.25), (1.25, 1.5), (1.5, 2.0)]
