"""Hanging protocols: what goes where, by rules that lie in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.paths import resources_folder
from medview.session.hanging_look import hanging_look
from medview.session.hanging_plan import HungStage, choose_rule
from medview.session.hanging_rule import hanging_rules, own_hanging_folder, read_hanging
from medview.study.acquisition_facts import AcquisitionFacts
from medview.study.series import Instance, Patient, Series, StudyFacts
from medview.study.study import Study

ERIKA = Patient("Doe^Erika", "ID-42", "19700102", "F")


def series(number: int, modality: str, images: int = 1, **facts: object) -> Series:
    told = {name: facts.pop(name) for name in ("view_position", "laterality", "patient_orientation") if name in facts}
    acquisition = AcquisitionFacts(**told)  # type: ignore[arg-type]
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.{number}.{n}", acquisition=acquisition) for n in range(images))
    return Series(f"1.{number}", "1", modality=modality, series_number=number, instances=instances, **facts)  # type: ignore[arg-type]


def study(*found: Series, date: str = "20240301", **facts: object) -> Study:
    told: dict[str, object] = {"study_date": date, "patient": ERIKA, **facts}
    return Study(StudyFacts("1", **told), found)  # type: ignore[arg-type]


def hung(one: Study, *priors: Study) -> tuple[str, tuple[HungStage, ...]]:
    chosen = choose_rule(hanging_rules()[0], one, priors)
    assert chosen is not None
    return chosen[0].id, chosen[1]


def mammogram(side: str, view: str, number: int, orientation: tuple[str, ...] = ()) -> Series:
    return series(
        number, "MG", body_part_examined="BREAST", laterality=side, view_position=view, patient_orientation=orientation
    )


def four_views() -> list[Series]:
    ways = (("L", "MLO"), ("R", "CC"), ("R", "MLO"), ("L", "CC"))
    return [mammogram(side, view, n) for n, (side, view) in enumerate(ways, start=1)]


def places(found: HungStage) -> dict[int, tuple[str, str]]:
    shown = {slot: one.series.instances[0].acquisition for slot, one in found.shown.items()}
    return {slot: (facts.laterality, facts.view_position) for slot, facts in shown.items()}


def test_mammograms_hang_r_cc_l_cc_r_mlo_l_mlo_whatever_their_order() -> None:
    rule, stages = hung(study(*four_views()))
    assert rule == "mammogram"
    assert places(stages[0]) == {0: ("R", "CC"), 1: ("L", "CC"), 2: ("R", "MLO"), 3: ("L", "MLO")}
    cells = {cell.slot: (cell.row, cell.column) for cell in stages[0].stage.layout.cells}
    assert cells == {0: (0, 0), 1: (0, 1), 2: (1, 0), 3: (1, 1)}
    assert [one.wish.chest_wall for _, one in sorted(stages[0].shown.items())] == ["right", "left", "right", "left"]
    assert [stage.stage.title for stage in stages] == ["Four views", "CC", "MLO", "The views there are", "One image"]


def test_of_mammograms_with_a_view_missing_those_there_are_hang_in_their_places() -> None:
    _, stages = hung(study(mammogram("L", "MLO", 1), mammogram("R", "CC", 2)))
    assert places(stages[0]) == {0: ("R", "CC"), 3: ("L", "MLO")}


@pytest.mark.parametrize(("side", "wall"), [("R", "right"), ("L", "left"), ("", "")])
def test_one_mammogram_alone_fills_the_window(side: str, wall: str) -> None:
    _, stages = hung(study(mammogram(side, "MLO", 1)))
    assert places(stages[0]) == {0: (side, "MLO")}
    assert stages[0].stage.layout.id == "1x1"
    assert (stages[0].shown[0].wish.chest_wall or "") == wall


def test_mammograms_hang_above_those_of_the_prior() -> None:
    prior = study(*four_views(), date="20220115")
    rule, stages = hung(study(*four_views()), prior)
    assert rule == "mammogram_prior"
    views = [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
    assert places(stages[0]) == dict(enumerate(views * 2))
    assert [one.study is prior for _, one in sorted(stages[0].shown.items())] == [False] * 4 + [True] * 4


@pytest.mark.parametrize(
    ("side", "view", "orientation", "turned"),
    [
        ("R", "CC", ("P", "L"), (0, False)),  # as the standard wants them for display
        ("L", "CC", ("A", "R"), (0, False)),
        ("R", "MLO", ("P", "FL"), (0, False)),
        ("L", "MLO", ("A", "FR"), (0, False)),
        ("R", "CC", ("A", "R"), (180, False)),
        ("R", "CC", ("A", "L"), (0, True)),
        ("R", "MLO", ("A", "F"), (0, True)),
        ("L", "MLO", ("P", "H"), (180, False)),
        ("L", "MLO", ("F", "P"), (90, False)),
        ("L", "MLO", ("F", "A"), (90, True)),
    ],
)
def test_the_chest_wall_is_turned_to_the_middle(
    side: str, view: str, orientation: tuple[str, str], turned: tuple[int, bool]
) -> None:
    wall = "right" if side == "R" else "left"
    look = hanging_look(mammogram(side, view, 1, orientation), wall)
    assert (look["turn_deg"], look["is_mirrored"], look["side"]) == (*turned, wall)


def test_without_an_orientation_nothing_is_turned() -> None:
    assert hanging_look(mammogram("R", "CC", 1), "right") == {"side": "right"}


def test_radiographs_hang_frontal_left_and_lateral_right() -> None:
    lateral, frontal = series(1, "DX", view_position="LL"), series(2, "DX", view_position="PA")
    rule, stages = hung(study(lateral, frontal))
    assert (rule, stages[0].stage.layout.id) == ("radiograph", "1x2")
    assert (stages[0].shown[0].series, stages[0].shown[1].series) == (frontal, lateral)
    named = study(series(1, "CR", series_description="Chest lat."), series(2, "CR", series_description="Chest PA"))
    _, stages = hung(named)
    assert [stages[0].shown[n].series.series_number for n in (0, 1)] == [2, 1]
    _, stages = hung(study(frontal))
    assert stages[0].stage.layout.id == "1x1"


def test_a_radiograph_hangs_left_of_its_prior_of_the_same_part() -> None:
    now = study(series(1, "DX", view_position="PA", body_part_examined="CHEST"))
    old = study(series(1, "CR", view_position="PA", body_part_examined="CHEST"), date="2020")
    chest = study(series(1, "DX", view_position="PA", body_part_examined="Chest"), date="20200101")
    hand = study(series(1, "DX", view_position="PA", body_part_examined="HAND"), date="20230101")
    rule, stages = hung(now, hand, chest, old)
    assert rule == "radiograph_prior"
    assert (stages[0].shown[0].study, stages[0].shown[1].study) == (now, chest)
    assert hung(now, hand)[0] == "radiograph"


def test_ct_hangs_its_largest_series_that_is_no_localizer() -> None:
    scout = series(1, "CT", 400, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    named = series(4, "CT", 500, series_description="Topogram 0.6")
    thin, thick = series(2, "CT", 300, image_type=("ORIGINAL",)), series(3, "CT", 60, image_type=("ORIGINAL",))
    rule, stages = hung(study(scout, named, thick, thin))
    assert (rule, stages[0].stage.layout.id, stages[0].shown[0].series) == ("ct", "1x1", thin)
    assert stages[1].stage.layout.id == "mpr"


def test_ct_hangs_left_of_the_series_of_the_same_name_of_its_newest_prior() -> None:
    now = study(series(2, "CT", 300, series_description="Lung", body_part_examined="CHEST"))
    newest = study(
        series(2, "CT", 400, series_description="Soft", body_part_examined="CHEST"),
        series(3, "CT", 200, series_description="lung", body_part_examined="CHEST"),
        date="20231201",
    )
    older = study(series(2, "CT", 300, series_description="Lung", body_part_examined="CHEST"), date="20200101")
    rule, stages = hung(now, newest, older)
    assert (rule, stages[0].stage.layout.id) == ("ct_prior", "1x2")
    assert stages[0].shown[1].series is newest.series[1]


def test_pet_and_ct_hang_beside_each_other_with_both_laid_over_in_the_middle() -> None:
    rule, stages = hung(study(series(1, "CT", 100), series(2, "PT", 90)))
    assert rule == "pet_ct"
    assert [(stages[0].shown[n].series.modality, stages[0].shown[n].wish.fuse) for n in (0, 1, 2)] == [
        ("CT", ""), ("CT", "PT"), ("PT", "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("modality", "rule"),
    [("MR", "mr"), ("US", "ultrasound"), ("XA", "angiography"), ("NM", "anything"), ("", "anything")],
)
def test_other_kinds_hang_one_image_at_first(modality: str, rule: str) -> None:
    found, stages = hung(study(series(1, modality, 5), series(2, modality, 9)))
    assert (found, stages[0].stage.layout.id) == (rule, "1x1")


def test_the_demo_study_hangs_in_all_planes() -> None:
    head = study(series(1, "MR", 176), study_description="Synthetic head, MNI152 brain")
    rule, stages = hung(head)
    assert (rule, stages[0].stage.layout.id) == ("demo", "mpr")


def test_what_cannot_be_shown_is_not_hung() -> None:
    broken = replace(series(1, "CT", 300), refusal=MedViewError("No."))
    whole = series(2, "CT", 3)
    assert hung(study(broken, whole))[1][0].shown[0].series is whole
    assert choose_rule(hanging_rules()[0], study(broken), ()) is None


OWN = """
title = "Mine"
priority = 99
[when]
modality = ["CT"]
words = ["angio"]
[[stage]]
layout = "2x3"
show = [{ slot = 0, words = ["angio"] }, { slot = 5, needed = false, words = ["native"] }]
"""


def test_a_persons_own_rule_comes_first() -> None:
    own_hanging_folder().mkdir()
    (own_hanging_folder() / "mine.toml").write_text(OWN, encoding="utf-8")
    angio = series(2, "CT", 10, series_description="CT Angio, 1.0")
    rule, stages = hung(study(series(1, "CT", 300, series_description="angiography"), angio))
    assert (rule, stages[0].stage.layout.id, stages[0].shown[0].series) == ("mine", "2x3", angio)
    assert hung(study(series(1, "CT", 300)))[0] == "ct"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("title = ", "Invalid value"),
        (OWN.replace("slot = 5", "slot = 6"), "no slot 6"),
        (OWN.replace("2x3", "mprr"), "no layout mprr"),
        (OWN.replace('words = ["angio"] }', 'word = ["angio"] }'), "word is not known"),
        (OWN.replace("[[stage]]", "[[stages]]"), "stages is not known"),
        (OWN.replace('layout = "2x3"', ""), "'layout' is missing"),
        (OWN.replace('["CT"]', "[7]"), "7 is no text"),
        ("title = 'x'\nstage = []", "no stage"),
        (OWN.replace("slot = 0,", "slot = 0, chest_wall = 'up',"), "up is not known"),
    ],
)
def test_a_broken_file_is_told_with_its_reason_and_the_others_work(wrong: str, reason: str) -> None:
    own_hanging_folder().mkdir()
    path = own_hanging_folder() / "broken.toml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(MedViewError, match=r"broken\.toml") as told:
        read_hanging(path)
    assert reason in str(told.value)
    rules, errors = hanging_rules()
    assert [str(error) for error in errors] == [str(told.value)]
    assert "ct" in [rule.id for rule in rules]


def test_every_shipped_rule_can_be_read() -> None:
    shipped = sorted((resources_folder() / "hanging").glob("*.toml"))
    assert len(shipped) >= 12
    for path in shipped:
        assert read_hanging(path).title


@pytest.mark.parametrize(
    ("side", "other", "is_compared"),
    [("R", "R", True), ("R", "L", False), ("L", "R", False), ("R", "", True), ("", "L", True), ("R", "B", True)],
)
def test_a_knee_is_not_compared_with_the_other_one(side: str, other: str, is_compared: bool) -> None:
    now = study(series(1, "DX", body_part_examined="KNEE", view_position="AP", laterality=side))
    prior = study(series(2, "DX", body_part_examined="KNEE", view_position="AP", laterality=other), date="20230301")
    rule, stages = hung(now, prior)
    assert rule == ("radiograph_prior" if is_compared else "radiograph")
    assert any(one.study is prior for stage in stages for one in stage.shown.values()) is is_compared


def test_of_two_knees_each_hangs_with_its_own_prior() -> None:
    def knees(date: str) -> Study:
        sides = enumerate(("L", "R"), start=1)
        return study(
            *(series(n, "DX", body_part_examined="KNEE", view_position="AP", laterality=side) for n, side in sides),
            date=date,
        )

    _, stages = hung(knees("20240301"), knees("20230301"))
    for stage in stages:
        sides = {slot: one.series.instances[0].acquisition.laterality for slot, one in stage.shown.items()}
        assert sides[0] == sides[1]
