"""SUV from the header of PET images of several vendors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import PositronEmissionTomographyImageStorage

from medview.files.headers.dicom_suv import pet_facts, suv_of
from medview.files.headers.dicom_values import Values
from medview.files.scanning.dicom_scan import scan
from tests.files.make_dicom import image, write


def pet(index: int = 0, **changes: Any) -> Dataset:
    """Return a PET slice: 370 MBq at noon, scanned an hour later; `dose` changes the radiopharmaceutical."""
    dose = Dataset()
    told = {"RadionuclideTotalDose": 370e6, "RadionuclideHalfLife": 6586.2, "RadiopharmaceuticalStartTime": "120000.00"}
    for keyword, value in (told | changes.pop("dose", {})).items():
        setattr(dose, keyword, value)
    values: dict[str, Any] = {
        "Modality": "PT", "SOPClassUID": PositronEmissionTomographyImageStorage, "RescaleType": None,
        "RescaleSlope": 0.5, "RescaleIntercept": 0, "Units": "BQML", "DecayCorrection": "START",
        "CorrectedImage": ["DECY", "ATTN"], "PatientWeight": 70, "PatientSize": 1.75, "PatientSex": "M",
        "SeriesDate": "20240102", "SeriesTime": "130000", "AcquisitionDate": "20240102", "AcquisitionTime": "130100.5",
        "RadiopharmaceuticalInformationSequence": Sequence([dose]),
    }  # fmt: skip
    return image(index, **(values | changes))


def test_a_series_carries_its_factors(tmp_path: Path) -> None:
    for index in range(3):
        write(pet(index), tmp_path / str(index))
    (series,) = scan(tmp_path).studies[0].series
    assert dict(series.suv_factors)["bw"] == pytest.approx(70_000 / 253.3137e6, rel=1e-5)


def test_a_series_says_which_tag_is_missing(tmp_path: Path) -> None:
    write(pet(PatientWeight=None), tmp_path / "a")
    (series,) = scan(tmp_path).studies[0].series
    assert series.suv_factors == ()
    assert "No SUV: Patient's Weight (0010,1030) is missing." in map(str, series.warnings)


def test_images_that_tell_different_weights_have_no_suv(tmp_path: Path) -> None:
    for index, weight in enumerate((70, 70, 80)):
        write(pet(index, PatientWeight=weight), tmp_path / str(index))
    (series,) = scan(tmp_path).studies[0].series
    assert series.suv_factors == ()
    assert "tell different doses, weights or times" in " ".join(map(str, series.warnings))


def test_private_elements_are_found_by_their_creator() -> None:
    dataset = pet(SeriesTime="170000", Units="CNTS")
    dataset.private_block(0x0009, "GEMS_PETD_01", create=True).add_new(0x0D, "DT", "20240102130000.00")
    block = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(0x00, "DS", "0.000421")
    block.add_new(0x09, "DS", "1.5")
    facts = pet_facts(Values(dataset))
    assert facts.ge_scan_at is not None
    assert (facts.ge_scan_at.hour, facts.philips_suv, facts.philips_bqml) == (13, 0.000421, 1.5)
    assert dict(suv_of(Values(dataset))[0])["bw"] == pytest.approx(0.000421)


def test_dates_with_a_zone_or_without_sense() -> None:
    dose = {"RadiopharmaceuticalStartDateTime": "20240102120000.000000+0100", "RadiopharmaceuticalStartTime": "99"}
    facts = pet_facts(Values(pet(dose=dose)))
    assert facts.injected_at is not None
    assert (facts.injected_at.hour, facts.injected_time) == (12, None)
    assert pet_facts(Values(pet(SeriesDate="", AcquisitionTime="2561"))).acquired_at is None
