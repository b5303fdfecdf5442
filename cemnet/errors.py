"""Errors that a user can act on: every message says in a sentence what is wrong and what to do."""

LONGEST_QUOTE = 60  # characters


def quoted(given: object) -> str:
    """What a user gave, a text in quotation marks; cut where it would be longer than a sentence bears."""
    text = given if isinstance(given, str) else repr(given)
    cut = text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
    return repr(cut) if isinstance(given, str) else cut


class CEMNetError(ValueError):
    """Base of every error that a user's input or installation can cause."""


class MediaError(CEMNetError):
    """A picture, sound or video that cannot be read or written."""


class FaceError(CEMNetError):
    """No usable face where one is needed."""


class MissingModelError(CEMNetError):
    """A model file that has to be put in place first."""


class MotionFileError(CEMNetError):
    """A motion file that does not hold usable curves."""
