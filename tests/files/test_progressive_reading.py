"""A volume is read from the slice that is looked at outwards, and what is shown of it meanwhile is true."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.pixels.frame_tasks import FrameTasks, Outwards, named
from medview.files.pixels.volume_plan import plan_volume
from medview.files.scanning.dicom_scan import scan
from medview.jobs.process_pool import ProcessPool
from medview.progress import Cancelled
from medview.study import shared_array
from medview.study.series import Series
from medview.study.volume import Volume
from tests.files.make_dicom import image, write, write_stack


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(2) as pool:
        yield pool


def series_of(folder: Path) -> Series:
    (series,) = (series for study in scan(folder).studies for series in study.series)
    return series


def write_compressed(folder: Path, count: int) -> Path:
    import imagecodecs

    noise = np.random.default_rng(1).integers(0, 2000, (6, 8), dtype=np.uint16)
    noise[0, 0] = 0
    for index in range(count):
        dataset = image(index)
        frame = bytes(imagecodecs.jpegls_encode(1100 + index + noise))
        dataset.PixelData = encapsulate([frame])
        dataset["PixelData"].is_undefined_length = True
        write(dataset, folder / f"{index:03d}", JPEGLSLossless)
    return folder


class Watch:
    """Notes what a reading tells, and whether what was told was true at that moment."""

    def __init__(self) -> None:
        self.begun: Volume | None = None
        self.filled: list[int] = []
        self.at_begin: list[bool] = []

    def on_begun(self, volume: Volume) -> None:
        assert self.begun is None
        self.begun = volume
        self.at_begin = [bool(plane.any()) for plane in volume.array]

    def on_filled(self, index: int) -> None:
        assert self.begun is not None
        assert self.begun.array[index].any()
        self.filled.append(index)


def test_the_middle_slice_comes_first_then_its_neighbours(tmp_path: Path) -> None:
    watch = Watch()
    series = series_of(write_stack(tmp_path, 9))
    volume = read_volume(series, on_begun=watch.on_begun, on_filled=watch.on_filled)
    assert volume is watch.begun
    assert [index for index, there in enumerate(watch.at_begin) if there] == [4]
    assert [abs(index - 4) for index in watch.filled] == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert volume.array[:, 0, 0].tolist() == [-24 + index for index in range(9)]


def test_reading_follows_who_looks(tmp_path: Path) -> None:
    watch, wanted = Watch(), [2]

    def filled(index: int) -> None:
        watch.on_filled(index)
        wanted[0] = 18  # scrolled to the end after the first slice

    series = series_of(write_stack(tmp_path, 20))
    read_volume(series, wanted=lambda: wanted[0], on_begun=watch.on_begun, on_filled=filled)
    assert watch.at_begin[2]
    assert watch.filled[:2] == [2, 18]
    assert sorted(watch.filled[2:4]) == [17, 19]
    assert sorted(watch.filled) == list(range(20))


def test_compressed_slices_come_from_the_processes_nearest_first(tmp_path: Path, pool: ProcessPool) -> None:
    watch = Watch()
    series = series_of(write_compressed(tmp_path, 40))
    volume = read_volume(series, workers=pool, wanted=lambda: 30, on_begun=watch.on_begun, on_filled=watch.on_filled)
    assert volume is watch.begun
    assert watch.begun.array[:, 0, 0].tolist() == [76 + index for index in range(40)]
    assert sorted(watch.filled) == list(range(40))


def test_the_first_task_is_the_wanted_frame_alone_and_the_next_its_neighbours(tmp_path: Path) -> None:
    series = series_of(write_compressed(tmp_path, 20))
    frames = plan_volume(series, series.instances).frames
    tasks = FrameTasks(frames, lambda: 12, ("name", (20, 6, 8), "<i2"), 4)
    taken = [[frame.slices[0][0] for frame in tasks[number][1]] for number in range(len(tasks))]
    assert taken[0] == [12]
    assert sorted(taken[1]) == [10, 11, 13, 14]
    assert sorted(number for numbers in taken for number in numbers) == list(range(20))


def test_the_type_is_known_before_the_first_slice_and_stays(tmp_path: Path) -> None:
    """A slice at the far end holds the largest value: the type that was told at the start holds it."""
    for index in range(5):
        largest = np.full((6, 8), 4095 if index == 4 else 7, "<u2")
        write(image(index, PixelData=largest.tobytes()), tmp_path / str(index))
    watch = Watch()
    volume = read_volume(series_of(tmp_path), wanted=lambda: 0, on_begun=watch.on_begun)
    assert watch.begun is volume
    assert (volume.array.dtype, int(volume.array.max())) == (np.int16, 3071)


def test_values_that_prove_not_to_fit_are_never_shown_wrong(tmp_path: Path) -> None:
    """Sixteen stored bits with an intercept: taken for int16, which hardly any image leaves; this one does."""
    for index in range(5):
        stored = np.full((6, 8), 60000 if index == 4 else 100 + index, "<u2")
        changes: dict[str, Any] = {"BitsStored": 16, "HighBit": 15, "PixelData": stored.tobytes()}
        write(image(index, **changes), tmp_path / str(index))
    watch = Watch()
    volume = read_volume(series_of(tmp_path), wanted=lambda: 0, on_begun=watch.on_begun, on_filled=watch.on_filled)
    assert watch.begun is not None
    assert watch.begun is not volume
    assert 4 not in watch.filled
    assert volume.array.dtype == np.float32
    assert volume.array[:, 0, 0].tolist() == [-924, -923, -922, -921, 58976]


def test_slices_of_both_signs_that_do_not_fit_are_turned_back_each_in_its_own_way(tmp_path: Path) -> None:
    truth = []
    for index in range(4):
        signed = index % 2
        stored = np.full((6, 8), -30000 if signed else 50000, "<i2" if signed else "<u2")
        changes = {"BitsStored": 16, "HighBit": 15, "PixelRepresentation": signed, "RescaleIntercept": -index}
        write(image(index, PixelData=stored.tobytes(), **changes), tmp_path / str(index))
        truth.append((-30000 if signed else 50000) - index)
    assert read_volume(series_of(tmp_path)).array[:, 0, 0].tolist() == truth


@pytest.mark.parametrize("compressed", [False, True])
def test_cancel_ends_the_reading_and_frees_the_memory(tmp_path: Path, pool: ProcessPool, compressed: bool) -> None:
    series = series_of((write_compressed if compressed else write_stack)(tmp_path, 30))
    names: list[str] = []

    def begun(volume: Volume) -> None:
        names.append(shared_array.handle(volume.array)[0])

    def progress(fraction: float, text: str = "") -> None:
        if fraction > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_volume(series, progress, workers=pool, on_begun=begun)
    assert names
    if sys.platform == "linux":
        assert not os.path.exists(f"/dev/shm/{names[0]}")


def test_a_damaged_slice_is_named_though_it_came_with_others(tmp_path: Path, pool: ProcessPool) -> None:
    write_compressed(tmp_path, 30)
    path = tmp_path / "017"
    data = path.read_bytes()
    place = data.rindex(b"\xff\xd8\xff")
    path.write_bytes(data[: place + 40] + b"\xff" * 30 + data[place + 70 :])
    with pytest.raises(MedViewError, match=r"^017: The compressed picture is damaged \(jpegls\)\."):
        read_volume(series_of(tmp_path), workers=pool)


def test_compressed_files_are_checked_for_a_change_as_well(tmp_path: Path, pool: ProcessPool) -> None:
    series = series_of(write_compressed(tmp_path, 3))
    os.utime(tmp_path / "001", ns=(1, 1))
    with pytest.raises(MedViewError, match=r"^001: The file has changed since the folder was opened\. Open the folder"):
        read_volume(series, workers=pool)


def test_a_frame_is_taken_once_wherever_the_eye_goes(tmp_path: Path) -> None:
    series = series_of(write_stack(tmp_path, 50))
    frames = plan_volume(series, series.instances).frames
    wanted = iter(np.random.default_rng(5).integers(0, 50, 200).tolist())
    order = Outwards(frames, lambda: next(wanted))
    taken = [frame.slices[0][0] for _ in range(20) for frame in order.take(3)]
    assert sorted(taken) == list(range(50))


def test_an_error_that_gives_a_reason_of_its_own_is_named_with_it(tmp_path: Path) -> None:
    error = MedViewError("The picture is damaged: {reason}.", "Copy it again.", reason="no end")
    assert str(named(tmp_path / "017", error)) == "017: The picture is damaged: no end. Copy it again."


def test_a_picture_that_is_no_picture_says_so(tmp_path: Path) -> None:
    dataset = image(0, PixelData=encapsulate([bytes(range(200))]))
    dataset["PixelData"].is_undefined_length = True
    write(dataset, tmp_path / "017", JPEG2000Lossless)
    with pytest.raises(MedViewError, match=r"^017: The compressed picture"):
        read_volume(series_of(tmp_path))
