"""Work on foreign data is done apart: what it does to its process does nothing to the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.jobs.job_queue import JobQueue
from medview.jobs.process_pool import ProcessPool
from medview.progress import Cancelled
from medview.study import shared_array
from tests.jobs import pool_tasks

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the memory limit is kept on Linux only")


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(processes=2, memory_mb=1024) as pool:
        yield pool


def _only(pool: ProcessPool, function: Callable[..., Any], *task: Any, limit_s: float = 60.0) -> Any:
    ((_, value),) = pool.each(function, [task], limit_s=limit_s)
    return value


def test_every_task_comes_back_with_its_index(pool: ProcessPool) -> None:
    assert dict(pool.each(pool_tasks.square, [(n,) for n in range(50)])) == {n: n * n for n in range(50)}


def test_a_process_stays_warm_and_imports_nothing_of_the_window() -> None:
    with ProcessPool(2) as pool:
        first, second = (_only(pool, pool_tasks.surroundings) for _ in range(2))
    assert first["pid"] != os.getpid()
    assert first["pid"] == second["pid"]
    assert not [name for name in first["modules"] if name.split(".")[0] in ("PySide6", "vtkmodules", "torch", "pytest")]


def test_a_process_imports_nothing_from_the_folder_that_the_program_was_started_in(tmp_path: Path) -> None:
    script = (
        "from medview.jobs.process_pool import ProcessPool\n"
        "from tests.jobs import pool_tasks\n"
        "with ProcessPool(1) as pool: print(list(pool.each(pool_tasks.surroundings, [()]))[0][1]['path'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=True, timeout=60,
    )  # fmt: skip
    assert str(tmp_path) not in ran.stdout
    assert str(ROOT) in ran.stdout


def test_a_script_without_a_guard_does_not_run_again_in_the_processes(tmp_path: Path) -> None:
    script = (
        "from medview.jobs.process_pool import ProcessPool\n"
        "from tests.jobs import pool_tasks\n"
        "print('ran', list(ProcessPool(1).each(pool_tasks.square, [(7,)])))\n"
    )
    (tmp_path / "script.py").write_text(script)
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout == "ran [(0, 49)]\n"
    assert ran.stderr == ""


@POSIX
def test_a_crash_is_one_tasks_error_and_the_others_go_on(pool: ProcessPool) -> None:
    found = dict(pool.each(pool_tasks.crash, [(n,) for n in range(6)]))
    assert str(found.pop(1)).startswith("Reading it crashed the process that did it (SIGSEGV).")
    assert found == {n: n for n in (0, 2, 3, 4, 5)}


@POSIX
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (pool_tasks.divide, r"crashed the process that did it \(SIGFPE\)"),
        (pool_tasks.abort, r"crashed the process that did it \(SIGABRT\)"),
        (pool_tasks.leave, r"ended the process that did it \(exit code 7\)"),
        (pool_tasks.exit_softly, r"could not be read \(SystemExit\)"),
        (pool_tasks.panic, r"could not be read \(PanicException\)"),
        (pool_tasks.cannot_travel, r"could not be read"),
        (pool_tasks.refuse, r"This is not a picture\. Try another\."),
    ],
)
def test_each_way_to_fail_is_named(pool: ProcessPool, function: Callable[[], None], message: str) -> None:
    error = _only(pool, function)
    assert isinstance(error, MedViewError)
    with pytest.raises(MedViewError, match=message):
        raise error
    assert _only(pool, pool_tasks.square, 3) == 9


@LINUX
def test_more_memory_than_allowed_is_refused(pool: ProcessPool) -> None:
    assert _only(pool, pool_tasks.eat_memory, 100) == 100 * 2**20
    assert str(_only(pool, pool_tasks.eat_memory, 2000)) == "It needs more than the 1024 MB of memory that it may take."


def test_a_shared_volume_does_not_count_as_memory_taken() -> None:
    array = shared_array.allocate((600, 2**20), np.uint8)
    with ProcessPool(1, memory_mb=400) as pool:
        tasks = [(shared_array.handle(array), n) for n in (0, 299, 599)]
        assert sorted(value for _, value in pool.each(pool_tasks.write_into, tasks)) == [0, 299, 599]
    assert array[[0, 299, 599], 5].tolist() == [1, 44, 88]


@pytest.mark.parametrize("function", [pool_tasks.sleep, pool_tasks.hold_interpreter])
def test_a_task_that_takes_too_long_is_stopped(pool: ProcessPool, function: Callable[[float], None]) -> None:
    start = time.monotonic()
    assert str(_only(pool, function, 30.0, limit_s=0.4)).startswith("It took longer than 0.4 seconds and was stopped.")
    assert time.monotonic() - start < 10
    assert _only(pool, pool_tasks.square, 4) == 16


def test_dropping_the_iterator_frees_the_processes(pool: ProcessPool) -> None:
    values = pool.each(pool_tasks.sleep, [(0.0,), *[(60.0,)] * 10])
    next(values)
    start = time.monotonic()
    values.close()
    assert _only(pool, pool_tasks.square, 5) == 25
    assert time.monotonic() - start < 10


def test_who_waits_can_give_up(pool: ProcessPool) -> None:
    def waiting() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(pool.each(pool_tasks.sleep, [(60.0,)], waiting=waiting))


def test_a_short_call_is_not_held_up_by_a_long_one(pool: ProcessPool) -> None:
    ended: list[str] = []

    def long() -> None:
        list(pool.each(pool_tasks.sleep, [(0.05,)] * 60))
        ended.append("long")

    thread = threading.Thread(target=long)
    thread.start()
    time.sleep(0.3)
    list(pool.each(pool_tasks.square, [(1,), (2,)]))
    ended.append("short")
    thread.join()
    assert ended == ["short", "long"]


def test_several_threads_use_it_at_once(pool: ProcessPool) -> None:
    sums: list[int] = []

    def work(first: int) -> None:
        sums.append(sum(value for _, value in pool.each(pool_tasks.square, [(first + n,) for n in range(20)])))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == [sum((first + n) ** 2 for n in range(20)) for first in range(4)]


def test_a_task_is_asked_for_only_when_a_process_is_free(pool: ProcessPool) -> None:
    class Tasks(Sequence[tuple[float]]):
        asked = 0

        def __len__(self) -> int:
            return 40

        def __getitem__(self, number: Any) -> Any:
            Tasks.asked = number
            return (0.02,)

    values = pool.each(pool_tasks.sleep, Tasks())
    next(values)
    assert Tasks.asked < 10
    values.close()


def test_a_task_that_cannot_be_handed_over_is_the_callers_mistake(pool: ProcessPool) -> None:
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        list(pool.each(pool_tasks.square, [(1,), (lambda: 0,)]))
    assert _only(pool, pool_tasks.square, 8) == 64


def test_processes_write_nothing_into_the_programs_output(pool: ProcessPool, capfd: pytest.CaptureFixture[str]) -> None:
    assert _only(pool, pool_tasks.shout) == "shouted"
    assert capfd.readouterr() == ("", "")


def test_stop_wakes_who_waits_and_leaves_no_process() -> None:
    pool = ProcessPool(1)
    pid = _only(pool, pool_tasks.surroundings)["pid"]
    threading.Timer(0.3, pool.stop).start()
    with pytest.raises(Cancelled):
        list(pool.each(pool_tasks.sleep, [(60.0,)]))
    pool.stop()
    assert not _is_alive(pid)
    with pytest.raises(Cancelled):
        list(pool.each(pool_tasks.square, [(1,)]))


def test_the_job_queue_makes_one_when_asked_and_stops_it() -> None:
    queue = JobQueue()
    assert _only(queue.workers, pool_tasks.square, 6) == 36
    pid = _only(queue.workers, pool_tasks.surroundings)["pid"]
    queue.stop()
    assert not _is_alive(pid)


@POSIX
@pytest.mark.parametrize("function", ["sleep", "hold_interpreter"])
def test_no_process_outlives_a_program_that_was_killed(function: str) -> None:
    script = (
        "import threading, time\n"
        "from medview.jobs.process_pool import ProcessPool\n"
        "from tests.jobs import pool_tasks\n"
        "pool = ProcessPool(1)\n"
        "print(list(pool.each(pool_tasks.surroundings, [()]))[0][1]['pid'], flush=True)\n"
        f"threading.Thread(target=lambda: list(pool.each(pool_tasks.{function}, [(60.0,)], limit_s=1.0))).start()\n"
        "time.sleep(0.4)\nprint('busy', flush=True)\ntime.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    program.stdout.readline()
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    end = time.monotonic() + 30
    while _is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    """Whether a process runs: one that has ended and was not asked after yet does not."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
