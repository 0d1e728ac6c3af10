"""What a plugin gives is written whole into a folder, whatever its kind."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pydicom

from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.plugin.contract import Answer, Labels, Result
from medview.progress import unheard
from medview.session.write_result import write_result
from medview.study.finding import Boxes, ClassScores, Concept, Curve, DerivedImage, HeatMap, ScoredBox
from medview.study.segmentation import Code, Segment, Source
from medview.study.series import Series
from tests.files.make_dicom import write_stack
from tests.walk.test_command_line_json import documented, fields, undocumented

NODULE = Concept("nodule", "Nodule", type=Code("786838002", "SCT", "Nodule of lung"))


def series_of(folder: Path) -> Series:
    (series,) = [s for study in scan(write_stack(folder, 5)).studies for s in study.series]
    return series


def result_of(series: Series, *answers: Answer) -> Result:
    assert series.geometry is not None
    return Result("Finder", answers, series.geometry, Source.of(series), series, {"plugin": "finder"})


def test_everything_lands_in_the_folder_and_in_its_figures(tmp_path: Path) -> None:
    series = series_of(tmp_path / "images")
    assert series.geometry is not None
    shape = series.geometry.shape
    labels = np.zeros(shape, dtype=np.uint8)
    labels[2, 1:3, 1:4] = 1
    boxes = Boxes(
        (ScoredBox(NODULE, 0.25, (1.5, 0.5, 0.5), (2.5, 2.5, 3.5)), ScoredBox(NODULE, 0.75, (0, 0, 0), (1, 1, 1)))
    )
    heat = HeatMap("Where", np.full(shape, 200, dtype=np.uint8), "saliency")
    image = DerivedImage("Denoised", np.full(shape, 7, dtype=np.int16), "denoised", "HU")
    scores = ClassScores((NODULE,), np.array([0.5], dtype=np.float32), "sigmoid")
    curve = Curve("=Area", np.array([0.0, 40.0]), np.array([1.5, 2.25]), "ms", "ml", (("end", 10.0),), np.array([0, 3]))
    result = result_of(series, Labels(labels, (Segment(1, "Thing"),)), boxes, scores, heat, image, curve)
    folder = tmp_path / "out"
    folder.mkdir()
    data = write_result(result, series, folder, unheard)
    assert data == json.loads((folder / "result.json").read_text(encoding="utf-8"))
    free = ("provenance", "findings[].scores", "findings[].labels", "findings[].marks")  # their keys are the plugin's
    told = {name for name in fields(data) if not name.startswith(tuple(f"{one}." for one in free))}
    assert undocumented(told, documented("run")) == set()
    assert [Path(file).name for file in data["files"]] == [
        "segmentation.dcm", "segmentation.nii.gz", "findings.dcm", "heat_map.nii.gz", "heat_map.dcm", "derived.nii.gz",
        "derived", "curve.csv", "result.json",
    ]  # fmt: skip
    assert data["segments"][0]["voxels"] == 6
    kinds = [(row["type"], row.get("score")) for row in data["findings"]]
    assert kinds == [
        ("box", 0.75),
        ("box", 0.25),
        ("scores", None),
        ("heat_map", None),
        ("image", None),
        ("curve", None),
    ]
    held = [[Path(file).name for file in row["files"]] for row in data["findings"]]
    assert held == [["findings.dcm"], [], ["findings.dcm"], ["heat_map.nii.gz", "heat_map.dcm"],
                    ["derived.nii.gz", "derived"], ["curve.csv"]]  # fmt: skip
    assert (folder / "curve.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "x,x_unit,value,unit,frame_index", "0.0,ms,1.5,ml,0", "40.0,ms,2.25,ml,3",
    ]  # fmt: skip
    np.testing.assert_allclose(data["findings"][1]["centre_lps_mm"], series.geometry.to_mm((2.0, 1.5, 2.0)), atol=1e-3)
    assert pydicom.dcmread(folder / "findings.dcm").Modality == "SR"
    (derived,) = [s for study in scan(folder / "derived").studies for s in study.series]
    assert (read_volume(derived).array == 7).all()
    assert (np.asarray(nibabel.load(folder / "heat_map.nii.gz").dataobj) == np.float32(200 / 255)).all()


def test_a_synthetic_image_says_so_in_nifti_too(tmp_path: Path) -> None:
    series = series_of(tmp_path / "images")
    assert series.geometry is not None
    image = DerivedImage("CT", np.zeros(series.geometry.shape, np.int16), "translated", "HU", is_synthetic=True)
    folder = tmp_path / "out"
    folder.mkdir()
    write_result(result_of(series, image), series, folder, unheard)
    write_result(result_of(series, image), series, folder, unheard)  # beside it, never over it
    assert {path.name for path in folder.iterdir()} == {
        "derived", "derived-2", "derived.nii.gz", "derived-2.nii.gz", "result.json",
    }  # fmt: skip
    planes = np.asarray(nibabel.load(folder / "derived.nii.gz").dataobj)
    assert (planes.max(axis=(0, 1)) > 0).all()
