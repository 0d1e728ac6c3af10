"""A study is packed and unpacked without a difference."""

from __future__ import annotations

import dataclasses
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.errors import MedViewError, Sentence
from medview.files.scanning.dicom_scan import scan
from medview.files.stacks.dicom_sort import FoundStudy
from medview.library.library import Library
from medview.library.packing import Packing
from medview.study.geometry import Geometry
from medview.study.series import AxisPlace, GuardLine, Instance, Series, StoredPixels, StudyFacts
from medview.study.study_object import StudyObject
from tests.library.same import assert_same

BASE = Path("/somewhere/store")


def there_and_back(value: FoundStudy) -> Any:
    packing = Packing(FoundStudy, BASE)
    return packing.unpack(packing.pack(value))


def test_every_study_of_the_shared_data_comes_back_the_same(shared_data: Path) -> None:
    report = scan(shared_data)
    assert len(report.studies) > 50
    assert sum(len(study.objects) for study in report.studies) > 5
    assert {line.kind for study in report.studies for series in study.series for line in series.guard} > {"uniform"}
    for study in report.studies:
        assert_same(study, there_and_back(study))


def test_every_study_of_the_shared_data_opens_from_the_library_as_it_was_scanned(
    shared_data: Path, library: Library
) -> None:
    report = scan(shared_data)
    library.add(report)
    for study in report.studies:
        row = library.study_of(study)
        assert row is not None
        assert_same(study, library.open_study(row.id))


def test_values_that_are_equal_but_not_the_same_stay_apart() -> None:
    affine = np.diag([2.0, -0.0 + 1.0, 1.0, 1.0])
    affine[0, 1] = -0.0
    pixels = StoredPixels(1, None, 1, 16, 12, 0, 10, 2**62)
    images = tuple(
        Instance(
            Path("/a/b") / name, f"1.{n}", instance_number=number, rescale_slope=slope, pixels=pixels, tile=tile,
            image_position_patient=position,
        )
        for n, (name, number, slope, tile, position) in enumerate(
            [
                ("x", 1, 1.0, None, None),
                ("x y", None, 0.1 + 0.2, (0, 64), (0.0, -0.0, 1e-300)),
                ("\udcff", 0, 5e-324, None, None),
            ]
        )
    )  # fmt: skip
    series = Series(
        "1.2", "1", modality="CT", stack="été", image_type=("A", "", "B"), instances=images,
        geometry=Geometry((2, 3, 4), affine, "1.9", has_depth=False),
        windows=((40.0, 400.0), (1.5, 0.25)),
        warnings=(Sentence("{a} of {b}", {"a": 1, "b": Sentence("inner {c}", {"c": Path("/p")})}),),
        refusal=MedViewError("no {x}", "do {x}", x=(1, "two")),
        guard=(GuardLine("missing", Sentence("slice {n}", {"n": 5}), Sentence("so")),),
        axis=AxisPlace("time", "ms", 0, 3, None, "g"),
        suv_factors=(("bw", 1 / 3),),
    )  # fmt: skip
    resampled = dataclasses.replace(series, instances=(), geometry=None, refusal=None, axis=None, resampled_from=series)
    thing = StudyObject(BASE / "ab" / "1.dcm", "report", "1.3", "1.4", label="Ü", refusal=MedViewError("x"))
    study = FoundStudy(StudyFacts("1"), (series, resampled), (thing,))
    assert_same(study, there_and_back(study))
    assert_same(FoundStudy(StudyFacts(""), ()), there_and_back(FoundStudy(StudyFacts(""), ())))


def test_paths_in_the_store_follow_it() -> None:
    study = FoundStudy(StudyFacts("1"), (), (StudyObject(BASE / "ab" / "1.dcm", "report", "1.3", "1.4"),))
    moved = Packing(FoundStudy, Path("/elsewhere")).unpack(Packing(FoundStudy, BASE).pack(study))
    assert moved.objects[0].path == Path("/elsewhere/ab/1.dcm")


def test_the_format_follows_the_classes() -> None:
    one = dataclasses.make_dataclass("Thing", [("size", int)], frozen=True)
    other = dataclasses.make_dataclass("Thing", [("size", int), ("name", str, dataclasses.field(default=""))])
    formats = {Packing(kind, BASE).format for kind in (one, other, FoundStudy)}
    assert len(formats) == 3


def test_what_cannot_be_kept_exactly_is_refused() -> None:
    kind = dataclasses.make_dataclass("Odd", [("what", object)])
    with pytest.raises(TypeError, match="a set cannot be packed"):
        Packing(kind, BASE).pack(kind({1}))
    with pytest.raises(TypeError, match="cannot be packed"):
        Packing(dataclasses.make_dataclass("Odd", [("what", complex)]), BASE)


def test_torn_bytes_are_noticed() -> None:
    packing = Packing(FoundStudy, BASE)
    whole = packing.pack(FoundStudy(StudyFacts("1"), ()))
    with pytest.raises(zlib.error, match="incomplete"):
        packing.unpack(whole[:-8])
    with pytest.raises(ValueError, match=r"torn|unpack|argument"):
        packing.unpack(zlib.compress(b"[[],[],[],[1]]"))
