from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medview.errors import MedViewError, Sentence
from medview.plugin.discovery import discover, find
from medview.plugin.fit import why_not
from medview.plugin.manifest.manifest import Manifest
from medview.study.geometry import Geometry
from medview.study.series import GuardKind, GuardLine, Series
from tests.plugin.folders import MANIFEST

MANIFEST_OF_T1 = Manifest.model_validate(tomllib.loads(MANIFEST))
GRID = Geometry((5, 6, 7), np.eye(4)[[2, 1, 0, 3]])
T1 = Series("1.2", "1.1", modality="MR", geometry=GRID)


def guard(kind: GuardKind, text: str) -> GuardLine:
    return GuardLine(kind, Sentence(text), Sentence("What it means."))


def said(series: Series, manifest: Manifest = MANIFEST_OF_T1) -> str:
    error = why_not(manifest, series)
    assert isinstance(error, MedViewError)
    assert error.remedy.template
    return str(error)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"modality": "CT"}, "is made for MR images; this series is CT"),
        ({"modality": ""}, "of no stated modality"),
        ({"geometry": None}, "needs a stack of slices"),
        ({"geometry": None, "refusal": MedViewError("Colour.", "Open it as a picture.")}, r"^Colour\. Open it"),
        ({"photometric_interpretation": "RGB"}, "made for grey values; this series is in colour"),
        ({"guard": (guard("cine", "recording of 5 frames"),)}, "this is a recording, whose frames follow each other"),
        (
            {"geometry": replace(GRID, has_depth=False), "guard": (guard("missing", "slice 3 missing"),)},
            "needs evenly spaced slices; these are not: slice 3 missing",
        ),
        ({"geometry": replace(GRID, has_spacing=False)}, r"size of a pixel.*Pixel Spacing is missing"),
        ({"geometry": replace(GRID, has_orientation=False)}, "Image Orientation"),
        ({"geometry": replace(GRID, shape=(1, 6, 7))}, "at least 2 slices; this series has 1"),
        ({"geometry": replace(GRID, affine=np.diag([25.0, 1, 1, 1]))}, "voxels of 0.2 to 20 mm; these are 25 x 1 x 1"),
        ({"series_description": "ax_t2w_tse"}, "T1-weighted images; this series calls itself T2"),
        ({"scanning_sequence": "EP\\GR"}, "T1-weighted images; this series calls itself EP"),
        ({"series_description": "3D FLAIR"}, "calls itself FLAIR"),
        ({"series_description": "T1 localizer"}, "calls itself localizer"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "calls itself localizer"),
    ],
)
def test_a_series_that_does_not_fit_is_refused_with_the_reason(change: dict[str, Any], why: str) -> None:
    assert re.search(why, said(replace(T1, **change)))


@pytest.mark.parametrize("description", ["", "t1_mprage_sag", "T1 FLAIR", "SAG 3D", "AT2 study"])
def test_a_series_against_which_nothing_speaks_fits(description: str) -> None:
    assert why_not(MANIFEST_OF_T1, replace(T1, series_description=description)) is None


@pytest.mark.parametrize("description", ["ep2d_bold_rest", "DTI_64", "TOF_3D", "ADC", "AAHead_Scout", "pd_tse"])
def test_brain_extraction_refuses_what_is_no_t1(description: str) -> None:
    grid = Geometry((60, 64, 64), np.diag([2.5, 2.5, 2.5, 1.0])[[2, 1, 0, 3]])
    manifest = find("brain_extraction", discover()).manifest
    assert "T1-weighted" in said(replace(T1, geometry=grid, series_description=description), manifest)
