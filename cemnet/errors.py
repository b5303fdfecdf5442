"""Errors that a user can act on: every message says in a sentence what is wrong and what to do."""


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
