"""Lips, teeth, gums and tongue."""
