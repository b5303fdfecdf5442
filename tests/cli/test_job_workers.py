"""Processes do the jobs; one that dies costs no other job, and none leaves partial files."""

import os

import made_jobs
import pytest

from cemnet.cli.arguments import build_parser
from cemnet.cli.job_workers import THREADS, Worked, run_jobs

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")


def made(folder, emotion):
    """A job that does what made_jobs says of an emotion."""
    name = str(folder / f"{emotion}.mp4")
    typed = ["animate", "--portrait=a.png", "--speech=b.wav", f"--output={name}", f"--emotion={emotion}"]
    return build_parser().parse_args(typed)


@pytest.mark.slow
@pytest.mark.parametrize("num_workers", [1, 3])
def test_a_process_that_dies_costs_its_job_alone(tmp_path, num_workers):
    emotions = ["sad", "fear", "angry", "contempt", "neutral"]
    jobs = {number: made(tmp_path, emotion) for number, emotion in enumerate(emotions)}
    outcomes = dict(run_jobs(jobs, made_jobs.perform, num_workers))
    assert [outcomes[number].status for number in range(5)] == ["made", "failed", "failed", "failed", "made"]
    assert "signal 9" in outcomes[1].sentence and outcomes[2].sentence == "There is no face."
    assert outcomes[3].sentence.startswith("KeyError") and "`cemnet animate" in outcomes[3].sentence
    left = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".cemnet-partial"))
    assert left == ["neutral.mp4", "sad.mp4"]


@pytest.mark.slow
def test_whoever_stops_leaves_no_process_and_no_partial_file(tmp_path):
    before = {name: os.environ.get(name) for name in THREADS}
    jobs = run_jobs({0: made(tmp_path, "sad"), 1: made(tmp_path, "surprise")}, made_jobs.perform, 1)
    assert next(jobs)[0] == 0
    assert {name: os.environ.get(name) for name in THREADS} == before
    jobs.close()
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".begun"] == ["sad.mp4"]


def test_what_the_library_warns_of_is_told_with_the_job(tmp_path):
    worked = Worked(made_jobs.perform)
    assert worked.outcome(made(tmp_path, "happy")).sentence == "It has no sound."
    assert worked.outcome(made(tmp_path, "sad")).sentence == ""


def test_a_model_is_kept_for_the_next_job(tmp_path):
    models = []

    def run(arguments):
        models.append(arguments.loaded.setdefault("model", object()))

    worked = Worked(run)
    for emotion in ("sad", "happy"):
        assert worked.outcome(made(tmp_path, emotion)).status == "made"
    assert models[0] is models[1]
