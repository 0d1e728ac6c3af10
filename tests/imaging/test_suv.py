"""SUV against numbers worked by hand: 70 kg, 370 MBq of fluorine-18 (half-life 6586.2 s)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest

from medview.imaging.suv import NoSuv, PetFacts, scan_start, suv_factors

# 12:00 injection, 13:00 scan: 3600 s are 0.546597 half-lives, 2^-0.546597 = 0.684632, 253.3137 MBq are left
_BW = 70_000 / 253.3137e6
FACTS = PetFacts(
    units="BQML", decay_correction="START", corrected=("DECY", "ATTN", "SCAT"), weight_kg=70.0, height_m=1.75, sex="M",
    dose_bq=370e6, half_life_s=6586.2, injected_time=time(12), series_at=datetime(2020, 1, 2, 13),
    acquired_at=datetime(2020, 1, 2, 13, 1),
)  # fmt: skip


def factors(**changes: Any) -> dict[str, float]:
    return dict(suv_factors(replace(FACTS, **changes)))


def reason(**changes: Any) -> str:
    with pytest.raises(NoSuv) as found:
        suv_factors(replace(FACTS, **changes))
    return str(found.value)


def test_body_weight_lean_mass_and_surface() -> None:
    found = factors()
    assert found["bw"] == pytest.approx(_BW, rel=1e-5)
    # body mass index 22.857: 9270 * 70 / (6680 + 216 * 22.857) = 55.859 kg
    assert found["lbm"] == pytest.approx(_BW * 55.859 / 70, rel=1e-4)
    # 0.007184 * 70^0.425 * 175^0.725 = 1.8481 m2
    assert found["bsa"] == pytest.approx(18481 / 253.3137e6, rel=1e-4)


def test_a_woman_has_another_lean_mass_and_an_unknown_sex_none() -> None:
    # 9270 * 70 / (8780 + 244 * 22.857) = 45.197 kg
    assert factors(sex="F")["lbm"] == pytest.approx(_BW * 45.197 / 70, rel=1e-4)
    assert set(factors(sex="O")) == {"bw", "bsa"}
    assert set(factors(height_m=None)) == {"bw"}
    assert set(factors(height_m=175.0)) == {"bw"}  # centimetres in a field of metres


def test_values_corrected_to_the_injection_need_no_time() -> None:
    found = factors(decay_correction="ADMIN", injected_time=None, series_at=None, acquired_at=None, half_life_s=None)
    assert found["bw"] == pytest.approx(70_000 / 370e6)


def test_an_injection_before_midnight() -> None:
    after = {"series_at": datetime(2020, 1, 3, 0, 30), "acquired_at": datetime(2020, 1, 3, 0, 31)}
    assert factors(injected_time=time(23, 30), **after)["bw"] == pytest.approx(_BW, rel=1e-5)
    assert factors(injected_time=None, injected_at=datetime(2020, 1, 2, 23, 30), **after)["bw"] == pytest.approx(
        _BW, rel=1e-5
    )


def test_a_changed_date_of_injection_leaves_its_time_of_day_right() -> None:
    assert factors(injected_at=datetime(1999, 5, 5, 12))["bw"] == pytest.approx(_BW, rel=1e-5)
    assert "do not fit each other" in reason(injected_at=datetime(1999, 5, 5, 12), injected_time=None)
    assert "do not fit each other" in reason(injected_at=datetime(1999, 5, 5, 11))


def test_a_series_made_anew_later_is_dated_by_the_scanner_or_by_its_frames() -> None:
    late: dict[str, Any] = {"series_at": datetime(2020, 1, 2, 17)}
    assert "nothing tells when the scan began" in reason(**late)
    assert factors(**late, ge_scan_at=datetime(2020, 1, 2, 13))["bw"] == pytest.approx(_BW, rel=1e-5)
    # a bed of 120 s from 13:01: its counts lie in the mean 59.937 s after its start (60 s less 1.0524e-4 * 120^2 / 24)
    facts = replace(FACTS, **late, frame_reference_ms=119_937.0, frame_duration_ms=120_000.0)
    assert abs((scan_start(facts) - datetime(2020, 1, 2, 13)).total_seconds()) < 0.01
    assert dict(suv_factors(facts))["bw"] == pytest.approx(_BW, rel=1e-5)


def test_counts_of_one_vendor_have_a_factor_of_their_own() -> None:
    assert factors(units="CNTS", philips_suv=0.00042, dose_bq=None)["bw"] == pytest.approx(0.00042)
    assert factors(units="CNTS", philips_bqml=1.5)["bw"] == pytest.approx(1.5 * _BW, rel=1e-5)
    assert "(7053,1000) is missing" in reason(units="CNTS")


def test_values_that_are_suv_already() -> None:
    assert factors(units="GML")["bw"] == 1.0
    assert factors(units="GML", suv_type="LBMJANMA") == {"lbm": 1.0}
    assert factors(units="CM2ML") == {"bsa": 1.0}
    assert "not converted: IBW" in reason(units="GML", suv_type="IBW")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weight_kg": None}, r"Patient's Weight (0010,1030) is missing"),
        ({"weight_kg": 70_000.0}, r"Patient's Weight (0010,1030) is 70000, which cannot be"),
        ({"dose_bq": None}, "Radionuclide Total Dose (0018,1074) is missing"),
        ({"dose_bq": 370.0}, "Radionuclide Total Dose (0018,1074) is 370, which cannot be"),
        ({"half_life_s": None}, "Radionuclide Half Life (0018,1075) is missing"),
        ({"injected_time": None}, "Radiopharmaceutical Start Time (0018,1072) is missing"),
        ({"acquired_at": None}, "Acquisition Time (0008,0032) is missing"),
        ({"decay_correction": "NONE"}, "Decay Correction (0054,1102) is NONE"),
        ({"decay_correction": ""}, "Decay Correction (0054,1102) is missing"),
        ({"corrected": ("DECY",)}, "not marked as corrected for attenuation"),
        ({"corrected": ("ATTN",)}, "not marked as corrected for decay"),
        ({"units": "PROPCPS"}, "unit of the values is PROPCPS"),
        ({"units": ""}, "unit of the values is missing"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], said: str) -> None:
    assert said in reason(**changes)
