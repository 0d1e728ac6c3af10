"""A study that is opened again: nothing twice, nothing lost, and no image in another's place."""

from __future__ import annotations

import shutil
from pathlib import Path

from medview.imaging.regularise import regular_series
from medview.study.joined_series import joined_series
from medview.study.series import Series
from tests.files.found_stacks import dicom_series
from tests.files.make_dicom import image, write, write_stack


def joined(known: list[Series], found: list[Series]) -> tuple[Series, ...]:
    return joined_series(known, found, lambda series: False)


def test_a_copy_of_a_folder_adds_nothing(tmp_path: Path) -> None:
    first = dicom_series(write_stack(tmp_path / "first"))
    shutil.copytree(tmp_path / "first", tmp_path / "copy", copy_function=shutil.copyfile)
    assert joined(first, dicom_series(tmp_path / "copy")) == tuple(first)


def test_other_images_under_the_same_identifiers_are_shown_beside_them(tmp_path: Path) -> None:
    first = dicom_series(write_stack(tmp_path / "first"))
    other = dicom_series(write_stack(tmp_path / "other", RescaleIntercept=-24))
    found = joined(first, other)
    assert [s.instances[0].rescale_intercept for s in found] == [-1024.0, -24.0]
    assert len({s.key for s in found}) == 2


def test_a_file_that_was_changed_in_its_place_is_taken_as_it_is_now(tmp_path: Path) -> None:
    first = dicom_series(write_stack(tmp_path))
    path = first[0].instances[2].path
    write(image(2, RescaleIntercept=-1000), path)
    (found,) = joined(first, dicom_series(tmp_path))
    assert found.instances[2].rescale_intercept == -1000.0


def test_what_was_drawn_on_stays_beside_files_that_lie_elsewhere_now(tmp_path: Path) -> None:
    first = dicom_series(write_stack(tmp_path))
    moved = dicom_series(write_stack(tmp_path, PixelSpacing=[0.25, 0.25]))
    found = joined_series(first, moved, lambda series: series is first[0])
    assert [s.geometry.spacing_mm[1] for s in found if s.geometry] == [0.5, 0.25]
    assert len({s.key for s in found}) == 2
    assert joined_series(found, moved, lambda series: series.key == first[0].key) == found
    assert [s.geometry.spacing_mm[1] for s in joined(first, moved) if s.geometry] == [0.25]


def test_a_resampled_stack_stays_what_it_is(tmp_path: Path) -> None:
    for index, z in enumerate((0.0, 2.5, 5.0, 20.0)):
        write(image(index, ImagePositionPatient=[-10.0, -20.0, z]), tmp_path / str(index))
    (series,) = dicom_series(tmp_path)
    resampled = regular_series(series)
    assert joined([series, resampled], dicom_series(tmp_path)) == (series, resampled)
