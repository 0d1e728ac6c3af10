"""The three chests with known lesions that this detector was made with: where they come from, and how they are read.

`lung1` and `lung2` come with pyradiomics 3.0.1 (BSD-3-Clause), as images with masks; `a0002` is Lung_Dx-A0002 of the
TCIA collection Lung-PET-CT-Dx (CC BY 4.0, doi 10.7937/TCIA.2020.NNC2-0461), with boxes slice by slice.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from medview.plugin import Geometry
from plugins.lung_lesions.recipe.case import Scan

_ITK: Any = SimpleITK  # its own annotations are partial


def of_pyradiomics(folder: Path, name: str) -> Scan:
    """Return "lung1" or "lung2" from pyradiomics' folder `data`."""
    image = _ITK.ReadImage(str(folder / f"{name}_image.nrrd"))
    mask = _ITK.GetArrayFromImage(_ITK.ReadImage(str(folder / f"{name}_label.nrrd"))) > 0
    return Scan(name, _ITK.GetArrayFromImage(image), _geometry(image), mask)


def of_lung_dx(folder: Path, series: str = "3_series") -> Scan:
    """Return patient A0002 from a folder with `2_series`, `3_series` and `annotation_boxes_voc_xml`.

    A box is what radiologists drew around the tumour in one slice: all of its pixels count as lesion.
    """
    reader = _ITK.ImageSeriesReader()
    files = reader.GetGDCMSeriesFileNames(str(folder / series))
    image = _ITK.ReadImage(files)
    mask = np.zeros(image.GetSize()[::-1], dtype=np.bool_)
    for index, file in enumerate(files):
        box = folder / "annotation_boxes_voc_xml" / f"{_instance_uid(file)}.xml"
        if box.exists():
            left, top, right, bottom = _corners(box)
            mask[index, top - 1 : bottom, left - 1 : right] = True
    return Scan(f"a0002_{series}", _ITK.GetArrayFromImage(image), _geometry(image), mask)


def _instance_uid(file: str) -> str:
    reader = _ITK.ImageFileReader()
    reader.SetFileName(file)
    reader.ReadImageInformation()
    return str(reader.GetMetaData("0008|0018")).strip("\x00 ")


def _corners(file: Path) -> tuple[int, int, int, int]:
    box = ET.parse(file).find(".//bndbox")  # noqa: S314  files of a known data set
    if box is None:
        raise ValueError(f"no box in {file}")
    left, top, right, bottom = (int(box.findtext(side, "0")) for side in ("xmin", "ymin", "xmax", "ymax"))
    return left, top, right, bottom


def _geometry(image: Any) -> Geometry:
    steps = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    columns, rows, slices = image.GetSize()
    return Geometry.from_axes(
        (slices, rows, columns),
        origin=image.GetOrigin(),
        slice_step=steps[:, 2],
        row_step=steps[:, 1],
        column_step=steps[:, 0],
    )
