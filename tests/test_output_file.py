"""Files are written whole or not at all, under any legal name, and nobody's file is lost."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cemnet.errors import MediaError, MotionFileError
from cemnet.output_file import LEFT_BEHIND_SECONDS, PARTIAL_PREFIX, OutputFile, check_output


def write(path: Path, text: str, overwrite: bool = False) -> None:
    with OutputFile(path, overwrite) as output:
        output.partial.write_text(text)


def age(path: Path) -> None:
    old = path.stat().st_mtime - 2 * LEFT_BEHIND_SECONDS
    os.utime(path, (old, old))


@pytest.mark.parametrize("name", ["12:30 Uhr.txt", "a" * 246 + ".txt", "ein Bär, 猫.txt", "%d?#[x].txt", "-o.txt"])
def test_any_name_that_the_disk_takes_is_written(tmp_path, name):
    check_output(tmp_path / name, False, (".txt",), "text")
    write(tmp_path / name, "hello")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "hello"


def test_what_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    (tmp_path / "folder.txt").mkdir()
    for path, sentence in (
        (tmp_path / "a.doc", r"text .*a\.doc must end in \.txt or \.md\."),
        (tmp_path / "a.txt", "exists already"),
        (tmp_path / "folder.txt", "is a folder"),
        (tmp_path / "none" / "b.txt", "does not exist"),
        (tmp_path / "a.txt" / "b.txt", "does not exist"),
        (tmp_path / ("b" * 300 + ".txt"), "too long"),
    ):
        with pytest.raises(MediaError, match=sentence):
            check_output(path, False, (".txt", ".md"), "text")
    check_output(tmp_path / "a.txt", True, (".txt",), "text")
    check_output(tmp_path / "none" / "yet" / "b.txt", False, (".txt",), "text", new_folder=True)
    assert not (tmp_path / "none").exists()


def test_a_failure_leaves_nothing_behind_and_an_old_file_as_it_was(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(KeyboardInterrupt), OutputFile(tmp_path / "a.txt", overwrite=True) as output:
        output.partial.write_text("half")
        raise KeyboardInterrupt
    with pytest.raises(MotionFileError, match="disk is full"), OutputFile(tmp_path / "b.txt", error=MotionFileError):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_a_folder_that_goes_away_meanwhile_is_not_taken_for_a_full_disk(tmp_path):
    folder = tmp_path / "temp"
    folder.mkdir()
    told = pytest.raises(MediaError, match=r"temp was removed while b\.txt was written\. Run again\.")
    with told, OutputFile(folder / "b.txt") as output:
        output.partial.write_text("half")
        shutil.rmtree(folder)
    folder.mkdir()
    told = pytest.raises(MediaError, match=r"b\.txt was removed while it was written\. Run again\.")
    with told, OutputFile(folder / "b.txt") as output:
        output.partial.unlink()
    with pytest.raises(MediaError, match=r"Input/output error.*Is the disk full\?"), OutputFile(folder / "b.txt"):
        raise OSError(errno.EIO, "Input/output error")
    assert not list(folder.iterdir())


def test_of_two_who_write_one_file_the_first_keeps_the_name(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(MediaError, match="somebody else"), OutputFile(path) as late:
        late.partial.write_text("late")
        write(path, "early")
    assert path.read_text() == "early"
    write(path, "wanted", overwrite=True)
    assert path.read_text() == "wanted"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_hard_links_keeps_the_first_file_too(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("cemnet.output_file.os.link", refuse)
    write(tmp_path / "a.txt", "early")
    with pytest.raises(MediaError, match="somebody else"):
        write(tmp_path / "a.txt", "late")
    assert (tmp_path / "a.txt").read_text() == "early"


RACES = """
import sys
from pathlib import Path
from cemnet.errors import MediaError
from cemnet.output_file import OutputFile

for name in map(str.strip, sys.stdin):
    try:
        with OutputFile(Path(name), overwrite=sys.argv[1] == "yes") as output:
            output.partial.write_text(sys.argv[2] * 100_000)
            print("ready", flush=True)
            sys.stdin.readline()
    except MediaError as error:
        print(error, flush=True)
    else:
        print("made", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("overwrite", ["no", "yes"])
def test_of_two_processes_that_race_for_one_name_exactly_one_wins_unless_it_may_be_replaced(tmp_path, overwrite):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACES, overwrite, letter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for letter in "ab"
    ]
    for number in range(30):
        path = tmp_path / f"{number}.txt"
        for racer in racers:
            told(racer, str(path))
            assert heard(racer) == "ready"
        for racer in racers if number % 2 else racers[::-1]:
            told(racer, "go")
        ends = [heard(racer) for racer in racers]
        text = path.read_text()
        assert text in ("a" * 100_000, "b" * 100_000)
        if overwrite == "yes":
            assert ends == ["made", "made"]
        else:
            assert ends.count("made") == 1 and "somebody else" in ends[ends[0] == "made"]
            assert text[0] == "ab"[ends.index("made")]
    for racer in racers:
        racer.communicate()
        assert racer.returncode == 0
    assert len(list(tmp_path.iterdir())) == 30, "no partial file is left"


def told(process, line):
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def heard(process):
    return process.stdout.readline().strip()


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_kept(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from cemnet.output_file import OutputFile\n"
        "output = OutputFile(Path(sys.argv[1])); print(output.partial, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "film.mp4")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    left = Path(process.stdout.readline().decode().strip())
    age(left)
    write(tmp_path / "a.txt", "")
    assert left.exists(), "it is being written"
    process.kill()
    process.communicate()
    write(tmp_path / "b.txt", "")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "b.txt"}


def test_a_partial_file_that_was_just_made_is_kept(tmp_path):
    fresh = tmp_path / f"{PARTIAL_PREFIX}0.mp4"
    fresh.write_text("")
    write(tmp_path / "a.txt", "")
    assert fresh.exists()
