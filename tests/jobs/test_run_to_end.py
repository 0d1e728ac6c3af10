"""One work beside the program, from the command line or a script: its value, its error, or nothing left of it."""

from __future__ import annotations

import os

import psutil
import pytest

from medview.errors import MedViewError, Sentence
from medview.jobs.run_to_end import run_to_end
from medview.progress import Cancelled, unheard
from tests.jobs import works

RUN = Sentence("Run")


def test_a_value_comes_back_with_progress_on_the_way() -> None:
    told: list[tuple[float, str]] = []
    assert run_to_end(RUN, works.answer, lambda fraction, text="": told.append((fraction, text))) == 42
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert {"step 1", "step 3"} <= {text for _, text in told}


def test_it_runs_in_a_process_of_its_own_that_ends_with_it() -> None:
    number = run_to_end(RUN, works.process_id, unheard, is_alone=True)
    assert number != os.getpid()
    assert not psutil.pid_exists(number)


def test_an_error_comes_back_as_it_is_and_a_crash_as_a_sentence() -> None:
    with pytest.raises(MedViewError, match=r"Salt is missing\. Bring it\."):
        run_to_end(RUN, works.refuse, unheard)
    with pytest.raises(MedViewError, match="Run ended the process it ran in"):
        run_to_end(RUN, works.crash, unheard)


@pytest.mark.parametrize("is_alone", [False, True])
def test_whoever_is_told_can_break_off_a_work_that_never_listens(*, is_alone: bool) -> None:
    children: list[psutil.Process] = []

    def unwanted(fraction: float, text: str = "") -> None:
        if text:
            children.extend(psutil.Process(int(text)).parents()[:1])
            children.append(psutil.Process(int(text)))
            raise Cancelled

    with pytest.raises(Cancelled):
        run_to_end(RUN, works.parent, unwanted, is_alone=is_alone)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert len(children) == 2
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
