"""Reports are read as they are written, and what they measure lies on the image it was measured on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medview.errors import MedViewError
from medview.files.objects.structured_report import read_report
from medview.study.annotation import ImageName
from medview.study.image_index import ImageIndex
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.series import Series
from tests.files.make_dicom import write_stack
from tests.files.make_objects import COMPREHENSIVE_SR, code, content, found, image_item, number_item, save, stacks

GROUP = ("125007", "DCM", "Measurement Group")
REGION = ("111030", "DCM", "Image Region")
LENGTH = ("410668003", "SCT", "Length")


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """Return 5 slices of 6 x 8 pixels of 0.5 x 0.75 mm, from (-10, -20, 0) on, 2.5 mm apart."""
    (one,) = stacks(write_stack(tmp_path / "images", 5))
    return one


def report(path: Path, *items: Dataset, **values: object) -> Path:
    title = ("126000", "DCM", "Imaging Measurement Report")
    return save(
        path, COMPREHENSIVE_SR, Modality="SR", ValueType="CONTAINER", ConceptNameCodeSequence=code(*title),
        ContentSequence=list(items), **values,
    )  # fmt: skip


def read(path: Path, *series: Series) -> ObjectReport:
    return read_report(found(path, "report"), ImageIndex(series))


def flat(lines: tuple[ReportLine, ...], depth: int = 0) -> Iterator[tuple[int, str, str]]:
    for line in lines:
        yield depth, str(line.name), str(line.value)
        yield from flat(line.children, depth + 1)


def group(uid: str, shape: str, points: list[float], *more: Dataset) -> Dataset:
    return content(
        "CONTAINER",
        GROUP,
        content("TEXT", ("112039", "DCM", "Tracking Identifier"), TextValue="结节 1"),
        content("UIDREF", ("112040", "DCM", "Tracking Unique Identifier"), UID="2.25.5"),
        content("CODE", ("121071", "DCM", "Finding"), ConceptCodeSequence=code("27925004", "SCT", "Nodule")),
        content("CODE", ("363698007", "SCT", "Finding Site"), ConceptCodeSequence=code("39607008", "SCT", "Lung")),
        content("SCOORD", REGION, image_item(uid), GraphicType=shape, GraphicData=points),
        number_item(LENGTH, "3.0", "mm"),
        *more,
    )


def test_a_measured_line_is_as_long_in_the_patient_as_it_says(series: Series, tmp_path: Path) -> None:
    uid = series.instances[2].sop_instance_uid
    # from the centre of column 1, row 3 to that of column 5, row 3: 4 columns of 0.75 mm
    path = report(tmp_path / "sr.dcm", group(uid, "POLYLINE", [1.5, 3.5, 5.5, 3.5]))
    (mark,) = read(path, series).annotations
    assert mark.points_mm.tolist() == pytest.approx(np.array([[-9.25, -18.5, 5.0], [-6.25, -18.5, 5.0]]))
    assert mark.length_mm == pytest.approx(3.0)
    assert (mark.label, mark.tracking_uid, mark.finding, mark.site) == ("结节 1", "2.25.5", "Nodule", "Lung")
    assert [(m.name, m.text) for m in mark.measured] == [("Length", "3.0 mm")]
    assert mark.image == ImageName(uid, 0)
    assert mark.series_key == series.key
    assert mark.object_uid == "2.25.77"


def test_shapes_have_their_area(series: Series, tmp_path: Path) -> None:
    uid = series.instances[0].sop_instance_uid
    shapes = {
        "POLYLINE": ([1.0, 1, 5, 1, 5, 4, 1, 4, 1, 1], "polygon", 4 * 0.75 * 3 * 0.5),
        "CIRCLE": ([4.0, 3, 6, 3], "ellipse", np.pi * (2 * 0.75) * (2 * 0.5)),
        "ELLIPSE": ([1.0, 3, 7, 3, 4, 1, 4, 5], "ellipse", np.pi * (3 * 0.75) * (2 * 0.5)),
    }
    for shape, (points, kind, area) in shapes.items():
        (mark,) = read(report(tmp_path / "sr.dcm", group(uid, shape, points)), series).annotations
        assert mark.kind == kind
        assert mark.area_mm2 == pytest.approx(area, rel=2e-3)


def test_points_in_space_need_no_image(series: Series, tmp_path: Path) -> None:
    point = content(
        "SCOORD3D", REGION, GraphicType="POINT", GraphicData=[1.0, 2, 3], ReferencedFrameOfReferenceUID="2.25.3000"
    )
    (mark,) = read(report(tmp_path / "sr.dcm", number_item(LENGTH, "12", "mm", point)), series).annotations
    assert mark.points_mm.tolist() == [[1.0, 2.0, 3.0]]
    assert mark.image is None
    assert mark.frame_of_reference_uid == "2.25.3000"
    assert mark.label == "Length"
    assert [m.text for m in mark.measured] == ["12 mm"]


def test_a_mark_on_an_image_that_is_not_here_is_told(series: Series, tmp_path: Path) -> None:
    answer = read(report(tmp_path / "sr.dcm", group("2.25.999", "POINT", [1.0, 1.0])), series)
    assert answer.annotations == ()
    assert [str(w) for w in answer.warnings] == ["Marks that cannot be drawn, because their images are not here: 1."]


def test_a_mark_in_a_stack_with_gaps_lies_on_its_own_slice(tmp_path: Path) -> None:
    (one,) = stacks(write_stack(tmp_path / "images", 3, make=_with_gap))
    uid = one.instances[2].sop_instance_uid
    (mark,) = read(report(tmp_path / "sr.dcm", group(uid, "POINT", [0.5, 0.5])), one).annotations
    assert mark.points_mm.tolist() == [[-10.0, -20.0, 90.0]]


def _with_gap(index: int, **changes: object) -> Dataset:
    from tests.files.make_dicom import image

    return image(index, **(changes | {"ImagePositionPatient": [-10.0, -20.0, (0.0, 2.5, 90.0)[index]]}))


def test_text_is_as_it_was_written_and_never_markup(tmp_path: Path) -> None:
    words = "<b>第一行</b>\n" + "long " * 900
    path = report(tmp_path / "sr.dcm", content("TEXT", ("121071", "DCM", "Finding"), TextValue=words))
    ((_, name, value),) = flat(read(path).lines)
    assert name == "Finding"
    assert value == words.strip()


def test_a_report_that_never_ends_is_cut(tmp_path: Path) -> None:
    deep = content("TEXT", REGION, TextValue="end")
    for _ in range(60):
        deep = content("CONTAINER", GROUP, deep)
    answer = read(report(tmp_path / "sr.dcm", deep))
    assert max(depth for depth, _, _ in flat(answer.lines)) == 40
    assert "too long or too deep" in str(answer.warnings[0])


def test_a_report_of_measurements_is_read_in_full(shared_data: Path) -> None:
    path = shared_data / "seg_sr_rt_objects/sr_tid1500_pet/sr.dcm"
    answer = read(path)
    rows = list(flat(answer.lines))
    assert answer.title == "Imaging Measurement Report"
    assert (2, "Volume", "33.5824 ml") in rows
    assert (2, "SUVbw", "6.01529 g/ml") in rows
    assert (2, "Tracking Identifier", "primary tumor") in rows
    assert [str(w) for w in answer.warnings] == ["The report is not complete.", "Nobody has verified the report."]


def test_a_planar_region_lies_on_its_image(shared_data: Path) -> None:
    (one,) = stacks(shared_data / "seg_sr_rt_objects/seg_highdicom/ct_image.dcm")
    answer = read(shared_data / "seg_sr_rt_objects/sr/sr_document.dcm", one)
    (mark,) = answer.annotations
    assert mark.kind == "ellipse"
    assert mark.label == "Planar ROI Measurements"
    assert (mark.finding, mark.site) == ("Spinal cord", "Cervico-thoracic spine")
    assert [m.text for m in mark.measured] == ["1.7 cm2"]
    assert one.geometry is not None
    assert one.geometry.contains(mark.centre_mm)
    assert round(mark.area_mm2 / 100, 1) == 1.7  # cm2, as the report says


def test_many_kinds_of_content_are_listed(shared_data: Path) -> None:
    rows = list(flat(read(shared_data / "seg_sr_rt_objects/sr/test-SR.dcm").lines))
    values = {value for _, _, value in rows}
    assert {"1.2.3.4.5", "3 Length Unit", "→ 1.3.2", "20001206", "CT Image [5, 2]", "Hemodynamic Waveform"} <= values
    assert (0, "Verified by", "Riesmeier, Jörg · 2001-02-13 18:47:46") in rows


def test_key_images_are_named(shared_data: Path) -> None:
    answer = read(
        shared_data / "gsps_ko_pdf_for_a0002/key_object_selection.dcm", *stacks(shared_data / "ct_chest_lungdx_a0002")
    )
    assert answer.is_key_images
    assert answer.title == "Of Interest"
    images = [line.image for line in answer.lines if line.image is not None]
    assert [i.sop_instance_uid.rpartition(".")[2] for i in images] == [
        "261887392080270727208744463360",
        "124409970701988247716822562307",
    ]


def test_what_holds_no_report_says_so(series: Series) -> None:
    with pytest.raises(MedViewError, match=r"holds no report"):
        read(series.instances[0].path, series)
