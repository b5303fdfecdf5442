"""Scores of anybody's videos, named in a table: the cross-emotion benchmark."""
