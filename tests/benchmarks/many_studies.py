"""Studies as a scan would find them, made from nothing, for a library of hundreds of thousands of instances."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medview.files.stacks.dicom_sort import FoundStudy
from medview.study.geometry import Geometry
from medview.study.series import Instance, Patient, Series, StoredPixels, StudyFacts

NAMES = (
    "Müller^Jürgen", "Wang^XiaoDong=王^小东", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Hong^Gildong=洪^吉洞=홍^길동",
    "قباني^لنزار", "Люкceмбypг", "Διονυσιος", "Buc^Jérôme", "Äneas^Rüdiger", "Ivanov^Iwan=Иванов^Иван",
)  # fmt: skip
_SERIES = 4
_MODALITIES = ("CT", "MR", "PT", "US")


def many_studies(folder: Path, instances: int, images: int = 200) -> Iterator[FoundStudy]:
    """Yield studies of `images` images each, in four series; the files they name need not be there."""
    for number in range(instances // images):
        uid = f"1.2.826.0.1.3680043.10.998.1.{number}"
        patient = Patient(f"{NAMES[number % len(NAMES)]}{number // len(NAMES)}", f"P{number:06d}", "19600101", "F")
        facts = StudyFacts(
            uid, f"20{number % 25:02d}{number % 12 + 1:02d}{number % 28 + 1:02d}", "101112", f"Studie {number % 97}",
            f"A{number:06d}", "Klinik am Park", patient,
        )  # fmt: skip
        yield FoundStudy(facts, tuple(_series(folder, uid, number, n, images // _SERIES) for n in range(_SERIES)))


def _series(folder: Path, study: str, number: int, part: int, images: int) -> Series:
    uid = f"{study}.{part}"
    place = folder / f"study{number:05d}" / f"series{part}"
    geometry = Geometry.from_axes(
        (images, 64, 64), origin=(0, 0, 0), slice_step=(0, 0, 2), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    return Series(
        uid, study, _MODALITIES[number % 4], series_number=part, series_description=f"Serie {part}",
        rows=64, columns=64, geometry=geometry,
        instances=tuple(_instance(place, uid, number, n) for n in range(images)),
    )  # fmt: skip


def _instance(place: Path, series: str, number: int, n: int) -> Instance:
    pixels = StoredPixels(4000 + n % 3, 8192, 1, 16, 12, 0, 12700, 1_700_000_000_000_000_000 + n, 64, 64)
    return Instance(
        place / f"IM{n:05d}", f"{series}.{n}", "1.2.840.10008.5.1.4.1.1.2", n + 1, pixels=pixels,
        image_position_patient=(0.0, 0.0, 2.0 * n),
    )  # fmt: skip
