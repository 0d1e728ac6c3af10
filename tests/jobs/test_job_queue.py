"""Work is done elsewhere, delivered on the main thread, and can always be stopped."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest

from medview.errors import MedViewError
from medview.jobs import worker_place
from medview.jobs.job import Job, PlaceName
from medview.jobs.job_queue import JobQueue
from medview.memory import free_memory_mb
from medview.plugin.contract import Result
from medview.progress import Progress
from medview.study import shared_array
from tests.jobs import works


@pytest.fixture
def jobs() -> Iterator[JobQueue]:
    queue = JobQueue()
    yield queue
    queue.stop()


PLACES: tuple[PlaceName, ...] = ("files", "gpu")


@pytest.mark.parametrize("place", PLACES)
def test_a_value_arrives_on_the_main_thread_with_progress_on_the_way(jobs: JobQueue, place: PlaceName) -> None:
    values: list[int] = []
    threads: list[threading.Thread] = []
    seen: list[float] = []
    job = jobs.submit(
        "Add",
        works.answer,
        place=place,
        on_done=lambda v: (values.append(v), threads.append(threading.current_thread())),
    )
    job.changed.connect(lambda: seen.append(job.fraction))
    jobs.wait(job)
    assert values == [42]
    assert threads == [threading.main_thread()]
    assert job.state == "done"
    assert seen == sorted(seen)
    assert any(0 < fraction < 1 for fraction in seen)


@pytest.mark.parametrize("place", PLACES)
def test_values_that_are_told_before_the_end_arrive_on_the_main_thread_in_order(
    jobs: JobQueue, place: PlaceName
) -> None:
    heard: list[object] = []
    threads: set[threading.Thread] = set()

    def hear(value: object) -> None:
        heard.append(value)
        threads.add(threading.current_thread())

    jobs.wait(jobs.submit("Count", works.count, place=place, on_done=hear, on_partial=hear))
    assert heard == [0, 1, 2, 3, 4, "counted"]
    assert threads == {threading.main_thread()}


@pytest.mark.parametrize("place", PLACES)
def test_no_value_arrives_once_the_job_is_unwanted(jobs: JobQueue, place: PlaceName) -> None:
    heard: list[object] = []
    job = jobs.submit("Count", works.tell_for_ever, place=place, on_partial=heard.append)
    while not heard:
        jobs.deliver()
        time.sleep(0.002)
    job.cancel()
    count = len(heard)
    jobs.wait(job)
    assert job.state == "cancelled"
    assert len(heard) == count


@pytest.mark.parametrize("place", PLACES)
def test_an_error_travels_as_a_value_with_its_remedy(jobs: JobQueue, place: PlaceName) -> None:
    errors: list[BaseException] = []
    job = jobs.submit("Cook", works.refuse, place=place, on_failed=errors.append)
    jobs.wait(job)
    assert job.state == "failed"
    assert isinstance(errors[0], MedViewError)
    assert str(errors[0]) == "Salt is missing. Bring it."


def test_what_frees_is_done_though_everything_is_cancelled(jobs: JobQueue) -> None:
    freed: list[str] = []
    held = jobs.submit("Wait", works.polite, place="render")
    freeing = jobs.submit("Free", lambda progress: freed.append("render"), place="render", frees=True)
    jobs.cancel_all()
    jobs.wait(freeing)
    assert (held.state, freeing.state, freed) == ("cancelled", "done", ["render"])


@pytest.mark.parametrize("place", ["journal", "results"])
def test_what_is_on_its_way_to_the_disk_is_not_cancelled_with_everything(jobs: JobQueue, place: PlaceName) -> None:
    written: list[str] = []

    def write(progress: Progress) -> None:
        time.sleep(0.05)
        progress(1.0)  # raises where the job is unwanted
        written.append(place)

    job = jobs.submit("Write", write, place=place)
    jobs.cancel_all()
    jobs.wait(job)
    assert (job.state, written) == ("done", [place])


def test_what_follows_a_job_ends_with_it_also_where_its_answer_cannot_be_taken(jobs: JobQueue) -> None:
    """A partial mask that nobody takes off would look like a result."""

    def refuse(value: object) -> None:
        raise ZeroDivisionError

    told: list[str] = []
    job = jobs.submit("Add", works.answer, on_done=refuse)
    job.finished.connect(lambda: told.append("finished"))
    after = jobs.submit("Add", works.answer, on_done=lambda v: told.append(str(v)))
    with pytest.raises(ZeroDivisionError):
        jobs.wait(job)
    assert (told, job.is_finished, job in jobs.jobs) == (["finished"], True, False)
    jobs.wait(after)
    assert told == ["finished", "42"]


def test_an_unexpected_error_in_the_worker_comes_as_a_sentence(jobs: JobQueue) -> None:
    job = jobs.submit("Run", works.stumble, place="gpu")
    jobs.wait(job)
    assert isinstance(job.error, MedViewError)
    assert "RuntimeError: no such layer" in str(job.error)


@pytest.mark.parametrize("work", [works.polite, works.deaf, works.hold_gil])
def test_cancel_ends_any_work_in_the_worker_and_the_next_job_runs(jobs: JobQueue, work: object) -> None:
    done: list[object] = []
    job = jobs.submit("Run", work, place="gpu", on_done=done.append)  # type: ignore[arg-type]
    _until(jobs, job, "running")
    time.sleep(0.2)
    job.cancel()
    assert job.state == "cancelling"
    start = time.monotonic()
    jobs.wait(job, timeout_s=10)
    assert job.state == "cancelled"
    assert time.monotonic() - start < 5.0  # a hang; the promised second is measured by tests/benchmarks/bench_cancel.py
    assert done == []
    after = jobs.submit("Add", works.answer, place="gpu", on_done=done.append)
    jobs.wait(after)
    assert done == [42]


def test_a_queued_job_is_cancelled_without_having_begun(jobs: JobQueue) -> None:
    first = jobs.submit("Run", works.polite, place="gpu")
    second = jobs.submit("Run", works.answer, place="gpu")
    _until(jobs, first, "running")
    second.cancel()
    first.cancel()
    jobs.wait(second)
    assert second.state == "cancelled"
    assert second.started_s is None


def test_a_crash_of_the_worker_is_told_by_name_and_the_worker_comes_back(jobs: JobQueue) -> None:
    job = jobs.submit("Brain extraction", works.crash, place="gpu")
    jobs.wait(job)
    assert job.state == "failed"
    assert "Brain extraction ended the process it ran in" in str(job.error)
    after = jobs.submit("Add", works.answer, place="gpu")
    jobs.wait(after)
    assert after.state == "done"


def test_a_job_alone_has_a_process_of_its_own_that_ends_with_it(jobs: JobQueue) -> None:
    values: list[int] = []
    for is_alone in (False, True, True, False):
        jobs.wait(jobs.submit("Ask", works.process_id, place="gpu", on_done=values.append, is_alone=is_alone))
    assert values[0] == values[3]
    assert len(set(values)) == 3
    assert not any(psutil.pid_exists(pid) for pid in values[1:3])


@pytest.mark.parametrize("is_alone", [False, True])
@pytest.mark.parametrize("work", [works.parent, works.polite_parent])
def test_a_cancelled_plugin_takes_with_it_what_it_has_started(
    jobs: JobQueue, work: Callable[..., int], *, is_alone: bool
) -> None:
    job = jobs.submit("Run", work, place="gpu", is_alone=is_alone)
    while not job.text:
        jobs.deliver()
        time.sleep(0.01)
    child = int(job.text)
    assert psutil.pid_exists(child)
    job.cancel()
    jobs.wait(job)
    jobs.wait(jobs.submit("Add", works.answer, place="gpu"))
    assert not _lives(child)


def test_a_plugin_that_fills_the_memory_is_stopped_before_the_computer_is_full(
    jobs: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_mb = free_memory_mb()
    monkeypatch.setattr(worker_place, "_HEADROOM_MB", free_mb - 1500)  # as if no more than that were there
    monkeypatch.setattr(worker_place, "total_memory_mb", lambda: 20 * free_mb)
    job = jobs.submit("Hungry model", works.fill_memory, place="gpu")
    jobs.wait(job, timeout_s=60)
    assert job.state == "failed"
    assert re.match(r"Hungry model took [\d.]+ GB of memory and was stopped, before this computer", str(job.error))
    after = jobs.submit("Add", works.answer, place="gpu")
    monkeypatch.undo()
    jobs.wait(after)
    assert after.state == "done"


def test_a_run_is_not_stopped_for_the_images_that_it_shares_with_the_window(
    jobs: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ending it would give none of that back: something else fills the memory."""
    monkeypatch.setattr(worker_place, "_HEADROOM_MB", 1 << 40)  # as if there were none left
    monkeypatch.setattr(worker_place, "total_memory_mb", lambda: 1 << 40)
    monkeypatch.setattr(worker_place, "_SUSPECT_MB", 250)
    values: list[object] = []
    work = works.ReadSlowly(works.volume_of(np.ones((300, 1024, 1024), np.uint8)))
    job = jobs.submit("Modest model", work, place="gpu", on_done=values.append, on_failed=values.append)
    jobs.wait(job, timeout_s=60)
    assert values == [300 << 20]


def test_a_value_that_cannot_travel_is_an_error_and_not_a_hang(jobs: JobQueue) -> None:
    job = jobs.submit("Run", works.unpicklable, place="gpu")
    jobs.wait(job, timeout_s=30)
    assert job.state == "failed"


def test_the_worker_is_one_process_and_never_loads_qt(jobs: JobQueue) -> None:
    values: list[object] = []
    for work in (works.process_id, works.process_id, works.modules):
        jobs.wait(jobs.submit("Ask", work, place="gpu", on_done=values.append))
    assert values[0] == values[1]
    assert isinstance(values[2], list)
    assert not [name for name in values[2] if name.startswith(("PySide6", "vtkmodules"))]


def test_a_volume_is_handed_over_without_a_copy_and_its_result_comes_back(jobs: JobQueue) -> None:
    volume = works.small_volume()
    results: list[object] = []
    job = jobs.submit("Threshold", works.Threshold(volume, 30), place="gpu", on_done=results.append)
    jobs.wait(job)
    (result,) = results
    np.testing.assert_array_equal(result.labels.array, (volume.array > 30).astype(np.uint8))  # type: ignore[attr-defined]
    assert result.geometry.same_grid(volume.geometry)  # type: ignore[attr-defined]


def test_shared_memory_is_freed_with_the_last_array(jobs: JobQueue) -> None:
    volume = works.small_volume()
    results: list[Result] = []
    job = jobs.submit("Threshold", works.Threshold(volume, 30), place="gpu", on_done=results.append)
    jobs.wait(job)
    names = [shared_array.handle(array)[0] for array in (volume.array, results[0].labels.array)]
    assert [_is_shared(name) for name in names] == [True, True]
    del volume, job
    results.clear()
    jobs.wait(jobs.submit("Add", works.answer, place="gpu"))  # the places let go of the last job
    gc.collect()
    assert [_is_shared(name) for name in names] == [False, False]


def test_stop_ends_the_threads_and_the_worker() -> None:
    queue = JobQueue()
    job = queue.submit("Run", works.deaf, place="gpu")
    _until(queue, job, "running")
    queue.stop()
    queue.deliver()
    assert job.is_finished
    assert not [t for t in threading.enumerate() if t.name.startswith("medview-gpu")]


def test_time_left_is_what_the_pace_so_far_foretells(jobs: JobQueue) -> None:
    job = Job(jobs.submit("Add", works.answer).title, works.answer, "files")
    assert job.seconds_left is None
    job.state, job.fraction, job.started_s = "running", 0.25, time.monotonic() - 10.0
    assert job.seconds_left == pytest.approx(30.0, abs=0.5)


def _until(jobs: JobQueue, job: Job, state: str) -> None:
    end = time.monotonic() + 30
    while job.state != state and time.monotonic() < end:
        jobs.deliver()
        time.sleep(0.005)
    assert job.state == state


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _is_shared(name: str) -> bool:
    """Whether memory of a name can still be attached, in a process of its own: attaching here would keep it."""
    script = (
        "import sys\n"
        "from multiprocessing import resource_tracker, shared_memory\n"
        "resource_tracker.register = lambda *_: None\n"
        "shared_memory.SharedMemory(name=sys.argv[1])\n"
    )
    return subprocess.run([sys.executable, "-c", script, name], capture_output=True, check=False).returncode == 0


def test_work_on_a_thread_learns_of_the_cancel_at_its_next_progress(jobs: JobQueue) -> None:
    def work(progress: Progress) -> None:
        while True:
            progress(0.5)
            time.sleep(0.01)

    job = jobs.submit("Run", work)
    _until(jobs, job, "running")
    job.cancel()
    jobs.wait(job, timeout_s=2)
    assert job.state == "cancelled"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing ends a process whose interpreter is held")
@pytest.mark.parametrize("work", ["deaf", "hold_gil"])
def test_the_worker_does_not_outlive_a_program_that_was_killed(work: str) -> None:
    script = (
        "import time\n"
        "from medview.jobs.job_queue import JobQueue\n"
        "from tests.jobs import works\n"
        "jobs = JobQueue()\n"
        "job = jobs.submit('Ask', works.process_id, place='gpu', on_done=lambda pid: print(pid, flush=True))\n"
        "jobs.wait(job)\n"
        f"job = jobs.submit('Run', works.{work}, place='gpu')\n"
        "while job.state != 'running':\n    jobs.deliver(); time.sleep(0.01)\n"
        "time.sleep(0.3)\nprint('busy', flush=True)\ntime.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    assert program.stdout.readline() == "busy\n"
    program.kill()
    program.wait()
    program.stdout.close()
    end = time.monotonic() + 10
    while _lives(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _lives(pid)
