"""A wish that cannot be fulfilled is one sentence before any work, from the library and from the command alike."""

import pytest

from cemnet.arkit import EMOTIONS
from cemnet.cli.commands import main
from cemnet.errors import CEMNetError
from cemnet.performance_settings import PerformanceSettings

NAN, INFINITE = float("nan"), float("inf")
REFUSED = [
    ("emotion", "joyful"),
    ("emotion", ""),
    ("seed", -1),
    *(("intensity", value) for value in (NAN, INFINITE, -1.0, -0.01, 2.01, 5.0)),
    *(("fps", value) for value in (NAN, INFINITE, 0.0, -25.0, 0.5, 121.0)),
    *((name, value) for name in ("blinks", "gaze", "head_motion") for value in (NAN, INFINITE, -0.1, 3.1)),
    *(("compensation", value) for value in (NAN, -0.1, 1.5)),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_value_out_of_range_is_refused_with_its_value(field, value):
    with pytest.raises(CEMNetError) as refused:
        PerformanceSettings(**{field: value})
    shown = repr(value) if isinstance(value, str) else f"{value:g}"
    assert shown in str(refused.value)


@pytest.mark.parametrize("emotion", ["auto", *EMOTIONS])
def test_the_ends_of_every_range_are_allowed(emotion):
    PerformanceSettings(emotion, 0.0, 0, 1.0, 0.0, 0.0, 0.0, 0.0)
    PerformanceSettings(emotion, 2.0, 0xFFFFFFFF, 120.0, 3.0, 3.0, 3.0, 1.0)


@pytest.mark.parametrize("wish", [("--intensity", "nan"), ("--intensity", "5"), ("--seed", "-1"), ("--fps", "0")])
def test_the_command_refuses_before_it_reads_anything(wish, tmp_path, capsys):
    missing = str(tmp_path / "missing")  # would be complained of first if it were read
    command = ["animate", "--portrait", missing, "--speech", missing, "--output", f"{missing}.mp4"]
    with pytest.raises(SystemExit) as ended:
        main([*command, f"{wish[0]}={wish[1]}"])
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1
    assert "Traceback" not in said and "missing" not in said
