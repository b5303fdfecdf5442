"""Values that a performance cannot have, setting by setting, for the tests of library, command and nodes."""

NAN, INFINITE = float("nan"), float("inf")

# By the fields of PerformanceSettings: not a number, infinite, negative, beyond the range, close beyond it.
REFUSED_NUMBERS = [
    *(("intensity", value) for value in (NAN, INFINITE, -INFINITE, -1.0, -0.01, 2.01, 5.0)),
    *(("fps", value) for value in (NAN, INFINITE, -INFINITE, 0.0, -25.0, 0.99, 240.5)),
    *((name, value) for name in ("blinks", "gaze", "head_motion") for value in (NAN, INFINITE, -INFINITE, -0.1, 3.1)),
    *(("compensation", value) for value in (NAN, INFINITE, -INFINITE, -0.1, 1.01)),
]
REFUSED_EMOTIONS = [("emotion", "joyful"), ("emotion", ""), ("emotion", "Happy")]
REFUSED = [*REFUSED_EMOTIONS, ("seed", -1), ("seed", -(2**40)), *REFUSED_NUMBERS]
# Of another type than the field's: where shapes and types are checked, that check comes first.
REFUSED_TYPES = [
    ("seed", NAN),
    ("seed", 1.5),
    ("seed", "first"),
    ("intensity", "strong"),
    ("fps", None),
    ("emotion", 3),
]

# How the sentence names each setting.
NAMED = {
    "emotion": "emotion", "intensity": "intensity", "seed": "seed", "fps": "frames a second", "blinks": "blinks",
    "gaze": "gaze", "head_motion": "head motion", "compensation": "compensation",
}  # fmt: skip
