"""Eyeballs and eyelids."""
