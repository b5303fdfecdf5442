"""A batch does what can be done, tells what cannot, goes on where it ended, and overwrites nothing silently."""

import csv
import os
import signal
import subprocess
import sys
import time

import made_jobs
import pytest
from paths import REPOSITORY

from cemnet.cli import commands

HEADER = "portrait,speech,output,emotion\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with inputs, in which jobs do what made_jobs says."""
    for name in ("a.png", "b.wav"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(commands, "run", made_jobs.run_made)
    return tmp_path


@pytest.fixture
def batch(folder, capsys):
    """Runs the batch of some rows; its exit status, its summary, and what it printed."""

    def run(rows, *options):
        (folder / "jobs.csv").write_text(HEADER + rows)
        status = 0
        try:
            commands.main(["batch", str(folder / "jobs.csv"), *options])
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        with (folder / "jobs.summary.csv").open() as file:
            return status, list(csv.DictReader(file)), printed

    return run


def statuses(summary):
    return [row["status"] for row in summary]


@pytest.mark.slow
def test_one_failure_does_not_stop_the_rest_and_a_second_run_goes_on(batch, folder):
    rows = "a.png,b.wav,1.mp4,angry\na.png,none.wav,2.mp4,sad\na.png,b.wav,3.mp4,sad\na.png,b.wav,4.mp4,neutral\n"
    status, summary, printed = batch(rows, "--workers=2")
    assert status == 1 and statuses(summary) == ["failed", "failed", "made", "made"]
    assert [row["output"] for row in summary] == ["1.mp4", "2.mp4", "3.mp4", "4.mp4"]
    assert summary[0]["sentence"] == "There is no face." and "none.wav" in summary[1]["sentence"]
    assert "2 made, 2 failed" in printed.out and printed.err.count("cemnet: ") == 1
    first = printed.out.splitlines()[0]
    assert first.startswith("Row 3: failed 2.mp4")  # told before any work
    kept = (folder / "3.mp4").stat().st_mtime_ns
    (folder / "none.wav").write_text("now it is here")
    status, summary, _ = batch(rows.replace("angry", "sad"))
    assert status == 0 and statuses(summary) == ["made", "made", "skipped", "skipped"]
    assert (folder / "3.mp4").stat().st_mtime_ns == kept


@pytest.mark.slow
def test_an_output_of_another_row_or_of_somebody_else_is_kept_unless_asked(batch, folder):
    (folder / "1.mp4").write_text("precious")
    rows = "a.png,b.wav,1.mp4,sad\na.png,b.wav,2.mp4,sad\n"
    status, summary, _ = batch(rows)
    assert status == 1 and statuses(summary) == ["failed", "made"] and "--overwrite" in summary[0]["sentence"]
    assert (folder / "1.mp4").read_text() == "precious"
    rows = rows.replace("2.mp4,sad", "2.mp4,neutral")
    status, summary, _ = batch(rows)
    assert status == 1 and statuses(summary) == ["failed", "failed"]
    status, summary, _ = batch(rows, "--overwrite")
    assert status == 0 and statuses(summary) == ["made", "made"]
    status, summary, _ = batch(rows, "--overwrite")
    assert status == 0 and statuses(summary) == ["skipped", "skipped"]
    (folder / "b.wav").write_text("another voice")
    assert statuses(batch(rows)[1]) == ["failed", "failed"]


@pytest.mark.slow
def test_jobs_that_meet_in_one_file_are_refused(batch, folder):
    (folder / "jobs.summary.csv").unlink(missing_ok=True)
    rows = ("a.png,b.wav,1.mp4,angry\na.png,b.wav,1.MP4,sad\na.png,b.wav,b.wav,sad\n"
            "a.png,c.mp4,2.mp4,sad\na.png,b.wav,c.mp4,sad\n")  # fmt: skip
    (folder / "c.mp4").write_text("a voice")
    status, summary, _ = batch(rows.replace("1.mp4,angry", "1.mp4,sadd"), "--overwrite")
    assert status == 1
    assert statuses(summary)[0] == "failed" and statuses(summary)[2] == "failed"
    status, summary, _ = batch(rows, "--overwrite")
    assert "row 2 as its output" in summary[1]["sentence"]
    assert "row 5 as its input" in summary[4]["sentence"]


@pytest.mark.parametrize("workers", ["0", "-1", "257"])
def test_an_impossible_number_of_workers_is_refused(folder, capsys, workers):
    (folder / "jobs.csv").write_text(f"{HEADER}a.png,b.wav,1.mp4,sad\n")
    with pytest.raises(SystemExit):
        commands.main(["batch", str(folder / "jobs.csv"), f"--workers={workers}"])
    assert "1 to 256" in capsys.readouterr().err
    assert not (folder / "jobs.summary.csv").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_batch_leaves_no_partial_file_and_goes_on(batch, folder, number):
    (folder / "jobs.csv").write_text(f"{HEADER}a.png,b.wav,1.mp4,sad\na.png,b.wav,2.mp4,surprise\n")
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
         "signal.signal(signal.SIGTERM, signal.SIG_DFL); import runpy; "
         f"runpy.run_path({made_jobs.__file__!r}, run_name='__main__')", "batch", "jobs.csv"],
        cwd=folder, env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not (folder / "2.begun").exists() and process.poll() is None:
        time.sleep(0.02)
    if number == signal.SIGINT:  # as a terminal sends it: to every process
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    printed, told = process.communicate(timeout=120)
    gone = time.monotonic() + 60
    while list(folder.glob(".cemnet-partial*")) and time.monotonic() < gone:  # a killed batch's worker notices it
        time.sleep(0.02)
    assert list(folder.glob(".cemnet-partial*")) == [] and not (folder / "2.mp4").exists()
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number and "1 made, 1 not made" in printed
        assert "Traceback" not in told and "only 1.mp4 was written" in told
        return
    status, summary, _ = batch("a.png,b.wav,1.mp4,sad\na.png,b.wav,2.mp4,neutral\n")
    assert status == 0 and statuses(summary) == ["skipped", "made"]
