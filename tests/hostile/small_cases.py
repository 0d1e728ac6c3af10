"""The most important hostile cases, made here, so that they are tried where the shared corpus is missing too."""

from __future__ import annotations

import os
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from tests.files.make_dicom import image, write, write_stack
from tests.hostile.judge import Case, Category

OK: Category = "load_ok"
WARN: Category = "load_with_warning"
REJECT: Category = "reject_with_message"
Make = Callable[[Path], object]


def small_cases(folder: Path) -> list[Case]:
    """Make all cases, each in a folder of its own, and return them."""
    made = []
    for number, (name, (category, make)) in enumerate(_CASES.items()):
        place = folder / f"{number:03d}_{name}"
        place.mkdir(parents=True)
        make(place)
        made.append(Case(place.name, place, "folder", category, "", 20.0, 800.0))
    return made


def _good(**changes: Any) -> bytes:
    """Return the bytes of a good image."""
    with tempfile.TemporaryDirectory() as folder:
        return write(image(**changes), Path(folder) / "x").read_bytes()


def _file(make: Callable[[], bytes]) -> Make:
    return lambda folder: (folder / "x.dcm").write_bytes(make())


def _attributes(**changes: Any) -> Make:
    return lambda folder: write(image(**changes), folder / "x.dcm")


def _stack(**changes: Any) -> Make:
    return lambda folder: write_stack(folder, 6, **changes)


def _compressed(syntax: str, *fragments: bytes, **changes: Any) -> Make:
    """Return a maker of an image whose pixel data are the given fragments (PS3.5 A.4)."""

    def make(folder: Path) -> None:
        items = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
        for fragment in fragments:
            items += struct.pack("<HHI", 0xFFFE, 0xE000, len(fragment)) + fragment
        items += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        dataset = image(**changes)
        dataset.PixelData = items
        dataset["PixelData"].is_undefined_length = True
        write(dataset, folder / "x.dcm", syntax)

    return make


def _with_bytes(old: bytes, new: bytes) -> bytes:
    data = _good()
    assert data.count(old) == 1
    return data.replace(old, new)


def _changed(index: int, **changes: Any) -> Make:
    """Return a maker of a stack one of whose slices differs."""

    def make(folder: Path) -> None:
        for n in range(6):
            write(image(n, **(changes if n == index else {})), folder / f"{n}.dcm")

    return make


def _deflated_bomb() -> bytes:
    head = _good()
    start = head.index(b"\x08\x00\x05\x00CS")
    meta = head[:start].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"[:20])
    assert len(meta) == start
    return meta + zlib.compress(b"\0" * 30_000_000, 9)[2:-4]


def _zip(*names: str) -> Make:
    def make(folder: Path) -> None:
        with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, _good())

    return make


def _looped(folder: Path) -> None:
    write(image(), folder / "ok.dcm")
    (folder / "again").symlink_to(".", target_is_directory=True)


def _pipe(folder: Path) -> None:
    write(image(), folder / "ok.dcm")
    os.mkfifo(folder / "pipe.dcm")


def _nested() -> bytes:
    inner = b""
    for _ in range(3000):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
        inner = struct.pack("<HH2sHI", 0x0008, 0x1115, b"SQ", 0, len(item)) + item
    data = _good()
    at = data.index(b"\x08\x00\x20\x00DA")
    return data[:at] + inner + data[at:]


_J2K_HEAD = b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 41, 0, 0x7FFFFFFF, 0x7FFFFFFF, 0, 0) + bytes(20)
_JPEG_HEAD = b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xdc\xff\xdc\x01\x01\x11\x00\xff\xd9\x00"
_EIGHT_BITS = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}

_CASES: dict[str, tuple[Category, Make]] = {
    "good": (OK, _attributes()),
    "good_stack": (OK, _stack()),
    "empty": (REJECT, _file(lambda: b"")),
    "random": (REJECT, _file(lambda: np.random.default_rng(1).bytes(500))),
    "mark_alone": (REJECT, _file(lambda: bytes(128) + b"DICM")),
    "cut_in_header": (REJECT, _file(lambda: _good()[:400])),
    "cut_in_pixels": (REJECT, _file(lambda: _good()[:-40])),
    "program_in_preamble": (WARN, _file(lambda: b"MZ".ljust(128, b"\0") + _good()[128:])),
    "bytes_behind": (WARN, _file(lambda: _good() + b"\xde\xad\xbe\xef" * 16)),
    "rows_65535": (REJECT, _attributes(Rows=65535, Columns=65535)),
    "rows_zero": (REJECT, _attributes(Rows=0)),
    "two_thousand_million_frames": (REJECT, _attributes(NumberOfFrames=2147483647)),
    "bits_12_allocated": (REJECT, _attributes(BitsAllocated=12)),
    "high_bit_wrong": (WARN, _attributes(HighBit=15)),
    "unknown_pixels": (REJECT, _attributes(PhotometricInterpretation="FOO")),
    "slope_zero": (WARN, _attributes(RescaleSlope=0)),
    "window_negative": (WARN, _attributes(WindowWidth=-400)),
    "spacing_zero": (WARN, _attributes(PixelSpacing=[0, 0])),
    "spacing_missing": (WARN, _attributes(PixelSpacing=None)),
    "orientation_not_unit": (WARN, _attributes(ImageOrientationPatient=[2, 0, 0, 0, 2, 0])),
    "orientation_missing": (WARN, _attributes(ImageOrientationPatient=None)),
    "burned_in": (WARN, _attributes(BurnedInAnnotation="YES")),
    "uid_is_a_path": (WARN, _file(lambda: _with_bytes(b"2.25.1001\0", b"../../../x"))),
    "no_fragments": (REJECT, _compressed(JPEG2000Lossless)),
    "j2k_garbage": (REJECT, _compressed(JPEG2000Lossless, np.random.default_rng(2).bytes(400))),
    "j2k_of_2_giga": (REJECT, _compressed(JPEG2000Lossless, _J2K_HEAD)),
    "jpeg_of_65500": (REJECT, _compressed(JPEGBaseline8Bit, _JPEG_HEAD, **_EIGHT_BITS)),
    "rle_without_segments": (REJECT, _compressed(RLELossless, bytes(64))),
    "fewer_frames": (REJECT, _compressed(RLELossless, bytes(64), NumberOfFrames=5)),
    "nested_without_end": (REJECT, _file(_nested)),
    "slice_missing": (WARN, lambda folder: [write(image(n), folder / f"{n}") for n in (0, 1, 2, 4, 5)]),
    "another_patient": (WARN, _changed(3, PatientID="T2", PatientName="Other^Patient")),
    "same_uid_twice": (WARN, _changed(3, SOPInstanceUID="2.25.20002")),
    "another_size": (WARN, _changed(3, Rows=3, Columns=16)),
    "another_frame_of_reference": (WARN, _changed(3, FrameOfReferenceUID="2.25.99")),
    "zip_good": (OK, _zip("a/1.dcm")),
    "zip_leads_out": (REJECT, _zip("../../1.dcm")),
}
if sys.platform != "win32":
    _CASES |= {"link_to_itself": (OK, _looped), "pipe": (WARN, _pipe)}
