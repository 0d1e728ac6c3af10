"""Presentation states are applied to the images they are for, and say what is not applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medview.errors import MedViewError
from medview.files.objects.presentation_state import ReadPresentation, read_presentation
from medview.study.annotation import ImageName
from medview.study.image_index import ImageIndex
from medview.study.series import Series
from tests.files.make_dicom import write_stack
from tests.files.make_objects import found, item, save, stacks

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"


@pytest.fixture
def series(tmp_path: Path) -> Series:
    (one,) = stacks(write_stack(tmp_path / "images", 4))
    return one


def reference(*uids: str) -> list[Dataset]:
    return [item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=u) for u in uids]


def state(path: Path, uids: list[str], **values: Any) -> Path:
    series = item(SeriesInstanceUID="2.25.1001", ReferencedImageSequence=reference(*uids))
    return save(
        path, GSPS, Modality="PR", ContentLabel="LOOK", ReferencedSeriesSequence=[series],
        PresentationLUTShape="IDENTITY", **values,
    )  # fmt: skip


def read(path: Path, *series: Series) -> ReadPresentation:
    return read_presentation(found(path, "presentation state"), ImageIndex(series))


def graphic(kind: str, points: list[float], units: str = "PIXEL", **values: Any) -> Dataset:
    return item(
        GraphicAnnotationUnits=units, GraphicDimensions=2, NumberOfGraphicPoints=len(points) // 2, GraphicData=points,
        GraphicType=kind, GraphicFilled=values.pop("filled", "N"),
    )  # fmt: skip


def test_a_rectangle_lies_where_its_pixels_are(shared_data: Path) -> None:
    found_series = stacks(shared_data / "ct_chest_lungdx_a0002" / "2_series")
    answer = read(shared_data / "gsps_ko_pdf_for_a0002/gsps.dcm", *found_series)
    assert answer.state is not None
    (image,) = answer.state.images
    (series,) = found_series
    place = ImageIndex([series]).find(image)
    assert place is not None
    assert answer.state.windows == {image: (-500.0, 1200.0)}
    assert "W 1200  L -500" in [str(line.value) for line in answer.report.lines]
    rectangle, text = answer.state.annotations
    assert rectangle.kind == "polygon"
    corners = np.array([[150.0, 150], [250, 150], [250, 260], [150, 260]])
    assert place.to_index(rectangle.points_mm)[:, 1:] == pytest.approx(corners[:, ::-1] - 0.5)
    row_mm, column_mm = series.geometry.spacing_mm[1:]  # type: ignore[union-attr]
    assert rectangle.area_mm2 == pytest.approx(100 * column_mm * 110 * row_mm)
    assert (text.kind, text.label) == ("text", "Suspicious area")
    assert answer.report.title == "TESTPS"
    assert answer.report.warnings == ()


def test_windows_and_drawings_are_for_their_own_images(series: Series, tmp_path: Path) -> None:
    uids = [i.sop_instance_uid for i in series.instances]
    path = state(
        tmp_path / "ps.dcm",
        uids[:3],
        SoftcopyVOILUTSequence=[
            item(ReferencedImageSequence=reference(uids[0]), WindowCenter=40, WindowWidth=400),
            item(ReferencedImageSequence=reference(uids[1]), WindowCenter=-600, WindowWidth=1600),
        ],
        GraphicAnnotationSequence=[
            item(GraphicLayer="A", GraphicObjectSequence=[graphic("POINT", [0.5, 0.5])]),
            item(
                GraphicLayer="A",
                ReferencedImageSequence=reference(uids[1]),
                GraphicObjectSequence=[graphic("CIRCLE", [4.0, 3.0, 6.0, 3.0], filled="Y")],
            ),
        ],
    )
    answer = read(path, series)
    assert answer.state is not None
    names = [ImageName(uid, 0) for uid in uids]
    assert answer.state.images == tuple(names[:3])
    assert answer.state.windows == {names[0]: (40.0, 400.0), names[1]: (-600.0, 1600.0)}
    # a graphic that names no image is for all of them
    assert [(a.kind, a.image) for a in answer.state.annotations] == [
        ("point", names[0]), ("point", names[1]), ("point", names[2]), ("ellipse", names[1]),
    ]  # fmt: skip
    assert answer.state.annotations[-1].is_filled


def test_units_of_the_display_are_parts_of_the_displayed_area(series: Series, tmp_path: Path) -> None:
    uid = series.instances[1].sop_instance_uid
    area = item(
        DisplayedAreaTopLeftHandCorner=[3, 1], DisplayedAreaBottomRightHandCorner=[6, 6],
        PresentationSizeMode="SCALE TO FIT",
    )  # fmt: skip
    text = item(
        BoundingBoxAnnotationUnits="DISPLAY",
        UnformattedTextValue="右肺",
        BoundingBoxTopLeftHandCorner=[0.0, 0.5],
        BoundingBoxBottomRightHandCorner=[1.0, 1.0],
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPoint=[4.0, 2.0],
        AnchorPointVisibility="Y",
    )
    annotation = item(GraphicLayer="A", TextObjectSequence=[text])
    path = state(
        tmp_path / "ps.dcm", [uid], DisplayedAreaSelectionSequence=[area], GraphicAnnotationSequence=[annotation]
    )
    answer = read(path, series)
    words, line = answer.report.annotations
    assert words.label == "右肺"
    # columns 3 to 6 and rows 1 to 6 counted from 1: the left edge at column 2, half way down at row 3
    assert words.points_mm.tolist() == [[pytest.approx(-10 + 1.5 * 0.75), pytest.approx(-20 + 2.5 * 0.5), 2.5]]
    assert line.points_mm[1].tolist() == pytest.approx([-10 + 3.5 * 0.75, -20 + 1.5 * 0.5, 2.5])
    assert [str(w) for w in answer.report.warnings] == [
        "It shows a part of the images only; they are shown whole here."
    ]


def test_what_is_not_applied_is_told(series: Series, tmp_path: Path) -> None:
    uid = series.instances[1].sop_instance_uid
    path = state(
        tmp_path / "ps.dcm",
        [uid, "2.25.404"],
        ShutterShape="RECTANGULAR",
        ImageRotation=90,
        ImageHorizontalFlip="Y",
        SoftcopyVOILUTSequence=[item(VOILUTSequence=[item(LUTExplanation="curve")])],
    )
    answer = read(path, series)
    assert answer.state is not None
    assert (answer.state.rotation_deg, answer.state.is_flipped) == (90, True)
    assert [str(w) for w in answer.report.warnings] == [
        "Images that it is for and that are not here: 1 of 2.",
        "It hides what lies outside a shutter (rectangular): nothing is hidden here.",
        "It holds a look-up table for the grey scale, which is not applied: set the window yourself.",
    ]


def test_tables_of_grey_functions_and_a_shutter_are_read(series: Series, tmp_path: Path) -> None:
    first, second, third = (series.instances[number].sop_instance_uid for number in range(3))
    lut = item(LUTDescriptor=[3, 65536 - 1000, 8], LUTExplanation="Steps")
    lut.add_new("LUTData", "OW", np.array([0, 255, 128], "<u2").tobytes())
    p_values = item(LUTDescriptor=[2, 0, 8])
    p_values.add_new("LUTData", "OW", np.array([255, 0], "<u2").tobytes())
    looks = [
        item(ReferencedImageSequence=reference(first), VOILUTSequence=[lut], WindowCenter=1, WindowWidth=2),
        item(ReferencedImageSequence=reference(second), WindowCenter=40, WindowWidth=80, VOILUTFunction="SIGMOID"),
    ]
    edges = dict(zip(("Left", "Right"), (2, 5), strict=True))
    path = state(
        tmp_path / "ps.dcm", [first, second, third], SoftcopyVOILUTSequence=looks, PresentationLUTSequence=[p_values],
        ShutterShape=["RECTANGULAR", "POLYGONAL"], ShutterPresentationValue=65535, ShutterUpperHorizontalEdge=1,
        ShutterLowerHorizontalEdge=6, VerticesOfThePolygonalShutter=[1, 1, 1, 8, 6, 8],
        **{f"Shutter{side}VerticalEdge": edge for side, edge in edges.items()},
    )  # fmt: skip
    answer = read(path, series)
    assert answer.state is not None
    assert not answer.report.warnings
    table = answer.state.luts[ImageName(first, 0)]
    assert (table.name, table.first, table.output.tolist()) == ("Steps", -1000, [0, 1, pytest.approx(128 / 255)])
    assert list(answer.state.windows) == [ImageName(second, 0)], "the table takes the place of the first one's window"
    assert answer.state.functions == {ImageName(second, 0): "SIGMOID"}
    assert answer.state.presentation_lut is not None
    assert answer.state.presentation_lut.output.tolist() == [1, 0]
    shutter = answer.state.shutter
    assert shutter is not None
    assert (shutter.rectangle, shutter.grey) == ((0, 1, 5, 4), 1.0)
    assert shutter.polygon == ((0, 0), (0, 7), (5, 7))


def test_a_state_for_other_images_is_listed(series: Series, tmp_path: Path) -> None:
    answer = read(state(tmp_path / "ps.dcm", ["2.25.404"]), series)
    assert answer.state is None
    assert [str(w) for w in answer.report.warnings] == ["Images that it is for and that are not here: 1 of 1."]
    with pytest.raises(MedViewError, match=r"is for no image"):
        read(series.instances[0].path, series)
