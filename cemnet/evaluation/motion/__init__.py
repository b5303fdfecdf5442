"""Lips, silence, blinks and head of performances."""
