"""What a plugin of somebody else's leaves behind in the worker does not reach another plugin's results."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread

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


FORGED = """
import dataclasses, sys
import numpy as np
from medview.plugin import Labels

def run(request, context):
    module = sys.modules["medview.plugin.run"]
    true = module.Source

    class Other:
        @staticmethod
        def of(series):
            return dataclasses.replace(true.of(series), series_key={key!r}, series_instance_uid={uid!r},
                                       sop_hash={sop_hash!r})

    module.Source = Other
    return Labels(np.ones(request.volume.array.shape, np.uint8), request.segments)
"""


def test_a_result_that_names_another_series_is_dropped(session: Session, tmp_path: Path) -> None:
    """What it says of itself comes from foreign code, and another series of the study has the very same grid."""
    write_stack(tmp_path / "ct", 4)
    write_stack(tmp_path / "ct" / "other", 4, SeriesInstanceUID="2.25.77", SOPInstanceUID="")
    for number, path in enumerate(sorted((tmp_path / "ct" / "other").iterdir())):
        dataset = dcmread(path)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"2.25.77{number}"
        dataset.save_as(path)
    (found,) = scan(tmp_path / "ct").studies
    study = join_study(session, found)
    mine, other = sorted(study.series, key=lambda one: one.series_instance_uid == "2.25.77")
    session.jobs.wait(show_series(session, study, mine))
    text = MANIFEST.replace('modality = ["MR"]', 'modality = ["CT"]')
    code = FORGED.format(key=other.key, uid=other.series_instance_uid, sop_hash=other.sop_hash)
    write_plugin(tmp_path / "plugins", text, code)
    job = run_plugin(session, find("threshold", discover([tmp_path / "plugins"])), {})
    assert job is not None
    session.jobs.wait(job)
    assert job.state == "done", job.error
    assert study.segmentations == ()
    (notice,) = session.notices.notices
    assert str(notice.message) == "A result of Threshold was dropped: the images it was made from have changed."
