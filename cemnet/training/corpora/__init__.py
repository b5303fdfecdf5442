"""Recordings and synthesised speech as prepared clips with phonemes."""
