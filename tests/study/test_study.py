"""A result cannot land on other images."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume

ROOT = Path(__file__).resolve().parents[2]
GEOMETRY = Geometry((2, 2, 2), np.eye(4))
SERIES = Series("1.2.3", "1.2", instances=(Instance(Path("a"), "1"), Instance(Path("b"), "2")), geometry=GEOMETRY)


def _mask(series: Series) -> Segmentation:
    source = Source(series.key, series.series_instance_uid, series.study_instance_uid, series.sop_hash)
    return Segmentation(np.zeros((2, 2, 2), np.uint8), GEOMETRY, source, (Segment(1, "one"),))


def test_a_segmentation_joins_the_study_it_was_made_from() -> None:
    study = Study(StudyFacts("1.2"), (SERIES,))
    mask = _mask(SERIES)
    study.add(mask)
    assert study.segmentations == (mask,)


@pytest.mark.parametrize(
    "other",
    [
        replace(SERIES, series_instance_uid="9"),
        replace(SERIES, stack="echo 2"),
        replace(SERIES, instances=SERIES.instances[::-1]),
        replace(SERIES, instances=SERIES.instances[:1]),
    ],
)
def test_a_segmentation_of_other_images_is_refused(other: Series) -> None:
    study = Study(StudyFacts("1.2"), (SERIES,))
    with pytest.raises(ValueError, match="other images"):
        study.add(_mask(other))


def test_a_volume_is_read_only_and_fits_its_geometry() -> None:
    volume = Volume(np.arange(8, dtype=np.int16).reshape(2, 2, 2), GEOMETRY, SERIES)
    assert volume.value_at(GEOMETRY.to_mm((1, 0, 1))) == 5
    assert volume.value_at(GEOMETRY.to_mm((2, 0, 0))) is None
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1
    with pytest.raises(ValueError, match="does not fit"):
        Volume(np.zeros((2, 2, 3), np.int16), GEOMETRY, SERIES)


def test_a_script_that_ends_with_a_volume_open_ends_quietly_and_leaves_no_memory() -> None:
    script = (
        "import numpy as np\n"
        "from medview.study import shared_array\n"
        "array = shared_array.allocate((4, 5, 6), np.int16)\n"
        "print(shared_array.handle(array)[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == ""
    assert not (Path("/dev/shm") / done.stdout.strip().lstrip("/")).exists()


def test_a_segmentation_on_another_grid_than_its_series_is_refused() -> None:
    """The files may have been read anew since a result was asked for: same identifiers, another place."""
    study = Study(StudyFacts("1.2"), (replace(SERIES, geometry=Geometry((2, 2, 2), np.diag([1.0, 1.0, 1.1, 1.0]))),))
    with pytest.raises(ValueError, match="other images"):
        study.add(_mask(SERIES))
