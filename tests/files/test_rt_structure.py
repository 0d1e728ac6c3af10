"""Structure sets become masks on their images, exactly; what does not fit is told."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from skimage.measure import points_in_poly

from medview.errors import MedViewError
from medview.files.objects.rt_structure import read_structures
from medview.files.scanning.dicom_scan import scan
from medview.study.segmentation import Source
from medview.study.series import Series
from medview.study.study_object import StudyObject
from tests.files.judges import program
from tests.files.make_dicom import image, write, write_stack

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def stacks(folder: Path) -> list[Series]:
    return [s for study in scan(folder).studies for s in study.series if s.geometry is not None]


def found(path: Path) -> StudyObject:
    return StudyObject(path, "structure set", "", STRUCTURE_SET)


def item(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def contour(points: Any, kind: str = "CLOSED_PLANAR", **changes: Any) -> Dataset:
    """Return a contour of LPS points (n, 3)."""
    numbers = np.asarray(points, dtype=float).ravel()
    values = {
        "ContourGeometricType": kind,
        "NumberOfContourPoints": len(numbers) // 3,
        "ContourData": [f"{n:.4f}" for n in numbers],
    }
    return item(**(values | changes))


def rectangle(x: float, y: float, width: float, height: float, z: float) -> list[tuple[float, float, float]]:
    return [(x, y, z), (x + width, y, z), (x + width, y + height, z), (x, y + height, z)]


def structure_set(path: Path, series: Series, rois: dict[str, list[Dataset]], **changes: Any) -> Path:
    """Write a structure set of named regions on a series."""
    images = [
        item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=i.sop_instance_uid)
        for i in series.instances
    ]
    referenced = item(
        FrameOfReferenceUID="2.25.3000",
        RTReferencedStudySequence=[
            item(RTReferencedSeriesSequence=[
                item(SeriesInstanceUID=series.series_instance_uid, ContourImageSequence=images)
            ])
        ],
    )  # fmt: skip
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": STRUCTURE_SET,
        "SOPInstanceUID": "2.25.77",
        "Modality": "RTSTRUCT",
        "StructureSetLabel": "Plan A",
        "Manufacturer": "Maker",
        "ReferencedFrameOfReferenceSequence": [referenced],
        "StructureSetROISequence": [
            item(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID="2.25.3000", ROIGenerationAlgorithm="MANUAL")
            for n, name in enumerate(rois, 1)
        ],
        "ROIContourSequence": [
            item(ReferencedROINumber=n, ROIDisplayColor=[10 * n, 200, 30], ContourSequence=contours)
            for n, contours in enumerate(rois.values(), 1)
        ],
    }
    dataset = item(**(values | changes))
    dataset.file_meta = Dataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = STRUCTURE_SET
    dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.77"
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """Return 5 slices of 6 x 8 pixels of 0.5 x 0.75 mm, from (-10, -20, 0) on, 2.5 mm apart."""
    (one,) = stacks(write_stack(tmp_path / "images", 5))
    return one


def test_a_structure_set_of_another_program_lies_where_scikit_image_says(shared_data: Path) -> None:
    folder = shared_data / "seg_sr_rt_objects" / "rt_phantom"
    (one,) = stacks(folder)
    read = read_structures(found(folder / "rt.dcm"), [one])
    (mask,) = read.masks
    assert mask.source == Source.of(one)
    assert [(s.label, s.colour) for s in mask.segments] == [("ROI-1", (162, 136, 95))]
    assert mask.provenance["model"] == "rt-utils"
    assert mask.provenance["approval"] == "UNAPPROVED"
    contours = dcmread(folder / "rt.dcm", force=True).ROIContourSequence[0].ContourSequence
    expected = judged(contours, one)
    assert np.array_equal(mask.labels == 1, expected)
    assert "another frame of reference" in str(read.report.warnings[0])


def judged(contours: Any, series: Series) -> NDArray[np.bool_]:
    """Return the voxels whose centres scikit-image finds inside an odd number of contours."""
    geometry = series.geometry
    assert geometry is not None
    mask = np.zeros(geometry.shape, dtype=bool)
    rows, columns = (np.arange(n, dtype=float) for n in geometry.shape[1:])
    centres = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    for one in contours:
        index = geometry.to_index(np.array(one.ContourData, dtype=float).reshape(-1, 3))
        # edges through centres belong to the region above and left of it: as here
        points = index[:, 1:] + 1e-9
        mask[round(index[0, 0])] ^= np.asarray(points_in_poly(centres, points)).reshape(geometry.shape[1:])
    return mask


def test_a_structure_set_agrees_with_plastimatch(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "seg_sr_rt_objects" / "rt_phantom"
    (one,) = stacks(folder)
    (mask,) = read_structures(found(folder / "rt.dcm"), [one]).masks
    command = [program("plastimatch"), "convert", "--input", str(folder / "rt.dcm"), "--referenced-ct", str(folder)]
    subprocess.run(
        [*command, "--xor-contours", "--output-prefix", str(tmp_path / "out")], check=True, capture_output=True
    )
    (path,) = (tmp_path / "out").glob("*.mha")
    theirs = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))) > 0
    ours = mask.labels > 0
    assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.97


def test_a_region_covers_the_voxels_whose_centres_it_holds(series: Series, tmp_path: Path) -> None:
    square = rectangle(-9.0, -19.3, 2.0, 1.0, 2.5)  # columns 1.33 to 4, rows 1.4 to 3.4 of slice 1
    path = structure_set(tmp_path / "rt.dcm", series, {"肝脏": [contour(square)]})
    read = read_structures(found(path), [series])
    (mask,) = read.masks
    expected = np.zeros((5, 6, 8), dtype=bool)
    expected[1, 2:4, 2:4] = True
    assert np.array_equal(mask.labels == 1, expected)
    assert mask.segments[0].label == "肝脏"
    assert mask.segments[0].colour == (10, 200, 30)
    assert mask.segments[0].algorithm == "MANUAL"
    assert read.report.warnings == ()
    (line,) = read.report.lines
    assert line.image is not None
    assert line.image.sop_instance_uid == series.instances[1].sop_instance_uid


def test_a_hole_is_kept(series: Series, tmp_path: Path) -> None:
    outer, inner = rectangle(-10.3, -20.2, 5.0, 2.9, 5.0), rectangle(-8.8, -19.3, 1.6, 0.9, 5.0)
    for kind in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR"):
        path = structure_set(tmp_path / "rt.dcm", series, {"Ring": [contour(outer, kind), contour(inner, kind)]})
        read = read_structures(found(path), [series])
        (mask,) = read.masks
        assert mask.labels[2, 0].tolist() == [1, 1, 1, 1, 1, 1, 1, 0]
        assert mask.labels[2, 2].tolist() == [1, 1, 0, 0, 1, 1, 1, 0]
        said = [str(s) for s in read.report.warnings]
        assert said == (
            ["Contours of Ring lie within or across others: what two of them hold is taken as a hole."]
            if kind == "CLOSED_PLANAR"  # by the standard a hole is a keyhole or CLOSEDPLANAR_XOR
            else []
        )


def test_overlapping_regions_become_masks_of_their_own(series: Series, tmp_path: Path) -> None:
    rois = {
        "Body": [contour(rectangle(-10.3, -20.3, 5.9, 2.9, 0.0))],
        "Organ": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 0.0))],
        "Other": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 7.5))],
    }
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, rois)), [series])
    assert [[s.label for s in mask.segments] for mask in read.masks] == [["Body", "Other"], ["Organ"]]
    assert [m.voxel_counts() for m in read.masks] == [{1: 48, 3: 4}, {2: 4}]
    assert "Regions overlap: they are shown as 2 masks, nothing is lost." in map(str, read.report.warnings)


def test_contours_between_and_beyond_the_slices_are_told(series: Series, tmp_path: Path) -> None:
    rois = {
        "Between": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 2.5 + 0.8))],
        "Beyond": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 30.0))],
        "Slanted": [contour([(-9.0, -19.3, 0.0), (-7.0, -19.3, 2.5), (-7.0, -18.3, 5.0)])],
        "Gap": [contour(rectangle(-9.0, -18.3, 2.0, 1.0, z)) for z in (0.0, 7.5)],
    }
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, rois)), [series])
    said = [str(s) for s in read.report.warnings]
    assert said[0] == (
        "Contours of Between lie between the slices, up to 0.80 mm away: they are shown on the nearest slice."
    )
    assert "Contours of Beyond that lie in the plane of no slice, and are not filled: 1." in said
    assert "Contours of Slanted that lie in the plane of no slice, and are not filled: 1." in said
    assert "Slices between others on which Gap has no contour, and nothing is filled in: 2." in said
    assert sorted(a.label for a in read.report.annotations) == ["Beyond", "Slanted"]
    assert read.masks[0].labels[1].any()


def test_a_region_of_another_frame_of_reference_is_filled_on_no_image_that_it_does_not_name(
    series: Series, tmp_path: Path
) -> None:
    square = rectangle(-9.0, -19.3, 2.0, 1.0, 2.5)
    named = [item(ReferencedSOPInstanceUID=series.instances[1].sop_instance_uid)]
    rois = {
        "Ours": [contour(square)],
        "Theirs": [contour(rectangle(-7.0, -18.3, 1.5, 1.0, 2.5))],
        "Renamed": [contour(rectangle(-9.0, -18.3, 1.5, 1.0, 2.5), ContourImageSequence=named)],
    }
    frames = ("2.25.3000", "2.25.3999", "2.25.3999")
    described = [
        item(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID=uid)
        for n, (name, uid) in enumerate(zip(rois, frames, strict=True), 1)
    ]
    path = structure_set(tmp_path / "rt.dcm", series, rois, StructureSetROISequence=described)
    read = read_structures(found(path), [series])
    assert [s.label for mask in read.masks for s in mask.segments] == ["Ours", "Renamed"]
    assert "Theirs lies in another frame of reference than the images: it is not filled." in map(
        str, read.report.warnings
    )


@pytest.mark.parametrize("missing", ["PixelSpacing", "ImageOrientationPatient"])
def test_on_images_without_millimetres_or_orientation_nothing_is_filled(tmp_path: Path, missing: str) -> None:
    left_out: dict[str, Any] = {missing: None}
    (series,) = stacks(write_stack(tmp_path / "images", 5, **left_out))
    rois = {"Square": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 2.5))]}
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, rois)), [series])
    assert read.masks == ()
    assert [str(s) for s in read.report.warnings] == [
        "The images it was drawn on do not say where in the patient they lie."
    ]


def test_points_and_open_lines_are_marks(series: Series, tmp_path: Path) -> None:
    rois = {
        "Isocentre": [contour([(1.0, 2.0, 3.0)], "POINT")],
        "Catheter": [contour([(0, 0, 0), (0, 0, 5), (1, 0, 9)], "OPEN_NONPLANAR")],
    }
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, rois)), [series])
    assert read.masks == ()
    point, line = read.report.annotations
    assert (point.kind, point.label, point.points_mm.tolist()) == ("point", "Isocentre", [[1.0, 2.0, 3.0]])
    assert (line.kind, line.frame_of_reference_uid, len(line.points_mm)) == ("polyline", "2.25.3000", 3)


def test_a_contour_with_too_few_numbers_is_left_out_and_the_others_stay(series: Series, tmp_path: Path) -> None:
    good = contour(rectangle(-9.0, -19.3, 2.0, 1.0, 2.5))
    bad = contour(rectangle(-9.0, -19.3, 2.0, 1.0, 5.0), NumberOfContourPoints=3)
    far = contour([(0, 0, 5), (1e9, 0, 5), (0, 1e9, 5)], ContourData=[0, 0, 5, "1e9", 0, 5, 0, "1e9", 5])
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, {"R": [bad, good, far]})), [series])
    assert [str(s) for s in read.report.warnings] == [
        "Contour 1 of R is left out: it has 12 numbers for 3 points.",
        "Contour 3 of R is left out: it lies beyond any patient.",
    ]
    assert read.masks[0].voxel_counts() == {1: 4}


def test_without_its_images_a_structure_set_is_listed_and_says_so(shared_data: Path, series: Series) -> None:
    read = read_structures(found(shared_data / "seg_sr_rt_objects/rt/rtstruct.dcm"), [series])
    assert read.masks == ()
    assert [line.name for line in read.report.lines[1:]] == [
        "patient (EXTERNAL)",
        "Isocenter 1 (ISOCENTER)",
        "Isocenter 2 (ISOCENTER)",
    ]
    assert "It belongs to another series, which is not open: 1.2.826" in str(read.report.warnings[0])


def test_a_structure_set_on_a_stack_with_gaps_lies_on_the_slices_themselves(tmp_path: Path) -> None:
    for number, z in enumerate((0.0, 2.5, 40.0, 42.5)):
        write(image(number, ImagePositionPatient=[-10.0, -20.0, z]), tmp_path / "images" / f"{number}")
    (one,) = stacks(tmp_path / "images")
    path = structure_set(tmp_path / "rt.dcm", one, {"R": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 40.0))]})
    (mask,) = read_structures(found(path), [one]).masks
    assert [int(n) for n in mask.labels.sum(axis=(1, 2))] == [0, 0, 4, 0]


def test_what_is_no_structure_set_says_so(series: Series) -> None:
    with pytest.raises(MedViewError, match=r"describes no regions"):
        read_structures(found(series.instances[0].path), [series])


def test_contours_of_one_plane_stay_together_although_their_decimals_differ(series: Series, tmp_path: Path) -> None:
    outer, inner = rectangle(-10.3, -20.2, 5.0, 2.9, 5.02), rectangle(-8.8, -19.3, 1.6, 0.9, 4.98)
    rois = {"Ring": [contour(outer, "CLOSEDPLANAR_XOR"), contour(inner, "CLOSEDPLANAR_XOR")]}
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, rois)), [series])
    assert read.masks[0].labels[2, 2].tolist() == [1, 1, 0, 0, 1, 1, 1, 0]
    assert read.report.warnings == ()


def test_contours_closer_than_the_slices_are_not_taken_as_holes(series: Series, tmp_path: Path) -> None:
    same = [contour(rectangle(-9.0, -19.3, 2.0, 1.0, z)) for z in (2.5, 3.5)]
    read = read_structures(found(structure_set(tmp_path / "rt.dcm", series, {"R": same})), [series])
    assert read.masks[0].voxel_counts() == {1: 4}
    assert [str(s) for s in read.report.warnings] == [
        "Contours of R that lie in the plane of no slice, and are not filled: 1."
    ]
