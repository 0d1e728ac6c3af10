"""Scores and heat maps as others read them: which class a number is of, where a map lies, and what nobody has found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest

from medview.errors import MedViewError
from medview.files.objects.finding_report import write_report
from medview.files.objects.heat_map_object import write_heat_map
from medview.files.objects.parametric_map import read_parametric_map
from medview.files.objects.told_provenance import contribution, told_provenance
from medview.files.scanning.dicom_scan import scan
from medview.study.finding import ClassScores, Concept, Finding, HeatMap
from medview.study.segmentation import Code, Source
from medview.study.series import Series
from tests.files.judges import complaints
from tests.files.make_dicom import write_stack

GLIOMA = Concept("glioma", "Glioma", type=Code("393564001", "SCT", "Glioma"))
NONE = Concept("none", "No tumour", type=Code("17621005", "SCT", "Normal"))
MADE = {"plugin": "classes", "plugin_version": "1.0.0", "weights_sha256": {"a": "11", "b": "22"}, "rung": ""}


@pytest.fixture
def series(tmp_path: Path) -> Series:
    (found,) = [s for study in scan(write_stack(tmp_path / "images", 6)).studies for s in study.series]
    return found


def group_of(series: Series, scores: ClassScores, path: Path) -> Any:
    """Write scores as a report, and return their one group as highdicom reads it."""
    assert series.geometry is not None
    finding = Finding("2.25.5", "2.25.9", "Classes", scores, series.geometry, Source.of(series), MADE)
    write_report([finding], series, series.geometry, path)
    assert complaints(path) == set()
    (group,) = highdicom.sr.srread(path).content.get_image_measurement_groups()
    return group


def classes_of(group: Any) -> list[str]:
    """Return the code that each number of a group has as its modifier."""
    made = [m[0].ContentSequence[0] for m in group.get_measurements()]
    assert {item.RelationshipType for item in made} == {"HAS CONCEPT MOD"}
    return [item.ConceptCodeSequence[0].CodeValue for item in made]


def test_the_class_with_the_highest_score_alone_is_a_finding(series: Series, tmp_path: Path) -> None:
    rows = np.array([[0.1, 0.9], [0.5, 0.5]], np.float32)
    scores = ClassScores((GLIOMA, NONE), np.array([0.3, 0.7], np.float32), "softmax", np.array([4, 1]), rows)
    group = group_of(series, scores, tmp_path / "sr.dcm")
    assert group.finding_type.value == "17621005"
    assert group.tracking_uid == "2.25.5"
    assert classes_of(group) == ["393564001", "17621005"] * 3
    assert [m.value for m in group.get_measurements()] == pytest.approx([0.3, 0.7, 0.1, 0.9, 0.5, 0.5])
    seen = [[i.referenced_sop_instance_uid for i in m.referenced_images] for m in group.get_measurements()]
    fourth, first = (series.instances[k].sop_instance_uid for k in (4, 1))
    assert seen == [[], [], [fourth], [fourth], [first], [first]]


def test_where_no_class_reaches_its_threshold_nothing_is_called_found(series: Series, tmp_path: Path) -> None:
    low = ClassScores((GLIOMA, NONE), np.array([0.3, 0.2], np.float32), "sigmoid", thresholds=(0.5, 0.5))
    assert low.named is None
    assert group_of(series, low, tmp_path / "sr.dcm").finding_type is None
    second = replace(low, thresholds=(0.5, 0.15))
    assert second.named is NONE  # the highest score, but below its own threshold, is none
    assert group_of(series, second, tmp_path / "sr2.dcm").finding_type.value == "17621005"


def test_classes_that_share_a_code_are_still_told_apart(series: Series, tmp_path: Path) -> None:
    scores = ClassScores(
        (Concept("left", "Left"), Concept("right", "Right")), np.array([0.3, 0.7], np.float32), "logit"
    )
    assert classes_of(group_of(series, scores, tmp_path / "sr.dcm")) == ["left", "right"]


def test_of_very_many_slices_the_scores_of_the_whole_are_written(series: Series, tmp_path: Path) -> None:
    rows = np.full((3000, 2), 0.5, np.float32)
    scores = ClassScores((GLIOMA, NONE), np.array([0.3, 0.7], np.float32), "softmax", np.zeros(3000, np.int64), rows)
    assert len(group_of(series, scores, tmp_path / "sr.dcm").get_measurements()) == 2


def test_a_map_lies_on_its_slices_in_values_from_0_to_1(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    heat = HeatMap("Where", np.random.default_rng(4).integers(0, 256, series.geometry.shape, np.uint8), "probability")
    path = tmp_path / "map.dcm"
    write_heat_map(heat, series, series.geometry, path, MADE, "Classes")
    write_heat_map(heat, series, series.geometry, path, MADE, "Classes")  # one of ours is replaced
    assert complaints(path) == set()
    (found,) = [o for study in scan(tmp_path / "map.dcm").studies for o in study.objects]
    read = read_parametric_map(found).volume
    assert read.geometry.same_grid(series.geometry, tolerance_mm=1e-4)
    np.testing.assert_allclose(read.array, heat.array / 255.0, atol=1e-6)
    theirs = highdicom.imread(path).get_volume(apply_real_world_transform=True)
    np.testing.assert_allclose(np.sort(theirs.array.ravel()), np.sort(heat.array.ravel()) / 255.0, atol=1e-6)
    made = pydicom.dcmread(path)
    assert made.SeriesDescription == "AI Where (Classes, research)"
    (mapping,) = made.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence
    assert (
        mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0].CodeMeaning == "Output of a model, not calibrated"
    )


def test_a_map_of_images_without_a_place_is_refused(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    heat = HeatMap("Where", np.zeros(series.geometry.shape, np.uint8), "saliency")
    with pytest.raises(MedViewError, match="these are NIfTI"):
        write_heat_map(heat, replace(series, file_format="NIfTI"), series.geometry, tmp_path / "x.dcm", MADE, "C")
    nowhere = replace(series.geometry, has_orientation=False)
    with pytest.raises(MedViewError, match="do not say where"):
        write_heat_map(heat, series, nowhere, tmp_path / "x.dcm", MADE, "C")
    assert not (tmp_path / "x.dcm").exists()


def test_provenance_is_told_fact_by_fact_as_highdicom_reads_it_back() -> None:
    facts = MADE | {"parameters": {"mode": "a,b=c", "count": 3, "is_on": True}, "input": {"stack": ""}}
    told = told_provenance(facts)
    assert told == {
        "weights_sha256.a": "11", "weights_sha256.b": "22", "rung": "none", "parameters.count": "3",
        "parameters.is_on": "true", "parameters.mode": "a;b:c", "input.stack": "none",
    }  # fmt: skip
    assert contribution(facts | {"parameters": {"x": "y" * 2000}}).ContributionDescription.endswith(" ...")
    sequence = highdicom.AlgorithmIdentificationSequence(
        "a", pydicom.sr.codedict.codes.cid7162.ArtificialIntelligence, "1", parameters=told
    )
    assert sequence.parameters == told
