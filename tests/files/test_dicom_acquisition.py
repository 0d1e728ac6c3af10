"""What a header says of how an image was taken, against the codes that pydicom knows."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from medview.files.headers.dicom_acquisition import acquisition_facts
from medview.files.headers.dicom_values import Values
from medview.study.acquisition_facts import NOTHING_SAID


def facts(**elements: object) -> object:
    header = Dataset()
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    return acquisition_facts(Values(header))


def _view(code: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code, "SCT"
    return item


def test_the_views_of_a_mammogram_are_told_by_their_codes() -> None:
    views = codes.cid4014
    wanted = {
        views.CranioCaudal: "CC", views.MedioLateralObliqueProjection: "MLO", views.MedioLateralProjection: "ML",
        views.LateroMedial: "LM", views.LateroMedialOblique: "LMO", views.CaudoCranial: "FB",
        views.SuperolateralToInferomedialOblique: "SIO", views.CranioCaudalExaggeratedLaterally: "XCCL",
        views.CranioCaudalExaggeratedMedially: "XCCM",
    }  # fmt: skip
    for code, name in wanted.items():
        assert facts(ViewCodeSequence=[_view(code.value)]).view_position == name  # type: ignore[attr-defined]


def test_the_side_of_the_image_goes_before_that_of_the_series() -> None:
    assert facts(ImageLaterality="L", Laterality="R").laterality == "L"  # type: ignore[attr-defined]
    assert facts(Laterality="R").laterality == "R"  # type: ignore[attr-defined]
    assert facts(Laterality="?") is NOTHING_SAID


def test_times_field_and_voltage() -> None:
    found = facts(EchoTime="12.5", RepetitionTime="550", MagneticFieldStrength="3", KVP="120", ViewPosition="PA")
    assert (found.echo_time_ms, found.repetition_time_ms) == (12.5, 550.0)  # type: ignore[attr-defined]
    assert (found.magnetic_field_strength_t, found.kvp, found.view_position) == (3.0, 120.0, "PA")  # type: ignore[attr-defined]
