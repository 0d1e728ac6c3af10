"""Bad input ends with a clear sentence and a remedy: never a traceback, a hang or a silent skip."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.files.dicom_write import write_series
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts
from tests.walk.command_line import answer, medview, refusal, stacks

_MS_RDONLY, _MS_REMOUNT = 1, 32


def write_head(folder: Path, slices: int = 40) -> tuple[Path, ...]:
    """Write a crude head: a bright ball in a dark box, as a T1 series of 64 x 64 pixels."""
    geometry = Geometry.from_axes(
        (slices, 64, 64), origin=(-96, -96, -60), slice_step=(0, 0, 3), row_step=(0, 3, 0), column_step=(3, 0, 0)
    )
    index = np.stack(np.indices(geometry.shape), axis=-1)
    distance = np.linalg.norm(geometry.to_mm(index), axis=-1)
    noise = np.random.default_rng(1).normal(0, 5, geometry.shape)
    array = (np.where(distance < 50, 600, np.where(distance < 70, 200, 20)) + noise).astype(np.int16)
    series = Series("1.2.826.0.1.3680043.2", "1.2.826.0.1.3680043.1", modality="MR", series_description="T1 ball")
    study = StudyFacts(series.study_instance_uid, "20260101", "", "Phantom", patient=Patient("Phantom", "P1"))
    return write_series(array, geometry, series, study, folder)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    write_head(folder)
    return folder


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "There is no file in" in refusal("scan", tmp_path)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert "does not exist" in refusal("scan", tmp_path / "nothing")


def test_a_folder_of_text_files(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("not an image\n" * 100)
    assert "holds 3 files, none of which is DICOM" in refusal("scan", tmp_path)


def test_a_truncated_image_is_named_and_the_others_are_opened_with_the_gap_told(tmp_path: Path) -> None:
    paths = write_head(tmp_path)
    whole = paths[20].read_bytes()
    paths[20].write_bytes(whole[: len(whole) // 2])
    data = answer("scan", tmp_path)
    assert data["found"] == 40
    assert data["images"] + len(data["other"]) + len(data["rejected"]) == 40
    (rejected,) = data["rejected"]
    assert rejected["path"] == str(paths[20])
    assert rejected["reason"]
    (stack,) = stacks(data)
    assert not stack["can_reformat"], "a gap of one slice is never closed silently"
    assert "missing" in [line["kind"] for line in stack["guard"]]


def test_a_series_without_pixel_spacing_is_refused_by_models_and_says_why(tmp_path: Path, head: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    for path in sorted(head.iterdir()):
        image = pydicom.dcmread(path)
        del image.PixelSpacing
        image.save_as(tmp_path / path.name)
    (stack,) = stacks(answer("scan", tmp_path))
    assert stack["spacing_mm"] is None
    assert any("spacing" in warning.lower() for warning in stack["warnings"])
    assert "spacing" in refusal("run", "brain_extraction", tmp_path, "-o", tmp_path / "out").lower()


def test_one_slice(tmp_path: Path) -> None:
    write_head(tmp_path, slices=1)
    (stack,) = stacks(answer("scan", tmp_path))
    assert stack["images"] == 1
    assert "1" in refusal("run", "brain_extraction", tmp_path, "-o", tmp_path / "out")


def test_a_plugin_that_does_not_fit(head: Path, tmp_path: Path) -> None:
    sentence = refusal("run", "body_and_lungs", head, "-o", tmp_path / "out")
    assert "is made for CT images; this series is MR" in sentence
    assert not (tmp_path / "out").exists()


def test_an_unknown_plugin_is_told_which_there_are(head: Path, tmp_path: Path) -> None:
    sentence = refusal("run", "nonsense", head, "-o", tmp_path / "out")
    assert "There is no plugin nonsense" in sentence
    assert "brain_extraction" in sentence


@pytest.mark.parametrize(("option", "said"), [("colour=red", "has no option colour"), ("threshold", "is no option")])
def test_an_option_that_does_not_exist(head: Path, tmp_path: Path, option: str, said: str) -> None:
    assert said in refusal("run", "brain_extraction", head, "-o", tmp_path / "out", "--option", option)


def test_a_device_that_is_not_there(head: Path, tmp_path: Path) -> None:
    if sys.platform == "darwin":
        pytest.skip("a Mac has no CUDA and may have MPS: the other tests of devices hold there")
    assert "mps" in refusal("run", "brain_extraction", head, "-o", tmp_path / "out", "--device", "mps").lower()


def test_an_unknown_series(head: Path, tmp_path: Path) -> None:
    assert "There is no series 9.9.9" in refusal("convert", head, "--series", "9.9.9", "-o", tmp_path / "x.nii.gz")


@pytest.mark.parametrize("words", [["frobnicate"], ["run"], ["convert", "x", "-o", "y"]])
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    done = medview(*words)
    assert done.returncode == 2
    assert "usage: medview" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount(folder, b"size=64k")
    yield folder
    _umount(folder)


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk that cannot be written, not even by root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount(folder, b"size=1m")
    _mount(folder, b"size=1m", _MS_REMOUNT | _MS_RDONLY)
    yield folder
    _umount(folder)


def test_a_full_disk(head: Path, small_disk: Path) -> None:
    sentence = refusal("convert", head, "--all", "-o", small_disk)
    assert "The disk is full: 01_MR_T1_ball.nii.gz could not be written. Free some space" in sentence
    assert list(small_disk.iterdir()) == []


def test_a_read_only_target(head: Path, read_only_disk: Path) -> None:
    for words in (["convert", head, "--all"], ["demo", "--headless"]):
        sentence = refusal(*words, "-o", read_only_disk / "out")
        assert f"{read_only_disk} may not be written to. Choose another folder" in sentence


def _mount(folder: Path, options: bytes, flags: int = 0) -> None:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk for this test")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"medview", bytes(folder), b"tmpfs", flags, options) != 0:
        pytest.skip(f"this machine does not let a test mount a disk: {os.strerror(ctypes.get_errno())}")


def _umount(folder: Path) -> None:
    ctypes.CDLL(None).umount2(bytes(folder), 2)
