"""What a plugin of somebody else's leaves behind in the worker does not reach another plugin's results."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.files.scanning.dicom_scan import scan
from medview.plugin.discovery import Plugin, discover, find
from medview.session.join_study import join_study
from medview.session.run_plugin import run_plugin
from medview.session.session import Session
from medview.session.show_series import show_series
from tests.files.make_dicom import write_stack
from tests.plugin.folders import MANIFEST, write_plugin

# marks all with 1; with 2 where another plugin's sign is found in the process
CODE = """
import builtins, os
import numpy as np
from medview.plugin import Labels

def run(request, context):
    others = [name for name in getattr(builtins, "_been_here", ()) if name != "{name}"]
    builtins._been_here = [*getattr(builtins, "_been_here", ()), "{name}"]
    number = 2 if others else 1
    return Labels(np.full(request.volume.array.shape, number, np.uint8), request.segments)
"""


@pytest.fixture
def shown(session: Session, tmp_path: Path) -> Session:
    (found,) = scan(write_stack(tmp_path / "ct", 4)).studies
    study = join_study(session, found)
    session.jobs.wait(show_series(session, study, study.series[0]))
    return session


def plugins(folder: Path) -> tuple[Plugin, Plugin]:
    text = MANIFEST.replace('modality = ["MR"]', 'modality = ["CT"]')
    for name in ("one", "two"):
        write_plugin(folder, text.replace('id = "threshold"', f'id = "{name}"'), CODE.replace("{name}", name), name)
    found = discover([folder])
    return find("one", found), find("two", found)


def numbers(session: Session) -> list[int]:
    (study,) = session.studies
    return [int(mask.labels.max()) for mask in study.segmentations]


def test_another_plugin_gets_a_process_in_which_nobody_has_been(shown: Session, tmp_path: Path) -> None:
    one, two = plugins(tmp_path / "plugins")
    jobs = [run_plugin(shown, plugin, {}) for plugin in (one, one, two, one)]  # all wait in the queue at once
    for job in jobs:
        assert job is not None
        shown.jobs.wait(job)
        assert job.state == "done", job.error
    assert numbers(shown) == [1, 1, 1, 1]
