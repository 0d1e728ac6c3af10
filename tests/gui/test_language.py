"""Texts in the person's language."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator

import pytest

from medview.errors import MedViewError, Sentence
from medview.gui.language import language, say, set_language, tr
from medview.paths import resources_folder
from tests.gui.texts import texts

# for one of them another text is said, or there are always several
NEVER_ONE = {
    "The image size is missing or impossible ({rows} rows, {columns} columns).",
    "{count} slices of one mosaic",
    "Only the first {count} rows are listed.",
    "{count} images",
    "{count} rows",
    "Opening {count} files and folders",
    "{images} images in {series} series found.",
    "Reading: {count} of {total} images",
    "{rows} rows, {columns} columns",
}


@pytest.fixture
def chinese() -> Iterator[None]:
    set_language("zh_CN")
    yield
    set_language("en")


def catalogue() -> dict[str, str]:
    path = resources_folder() / "translations" / "zh_CN.json"
    return json.loads(path.read_text(encoding="utf-8"))


def holes(template: str) -> list[tuple[str, str]]:
    """Return the named holes of a template with their formats, in any order; no word of one or several."""
    found = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(template) if name is not None]
    return sorted((name, spec) for name, spec in found if "|" not in spec)


def test_every_text_of_the_program_is_there_in_chinese() -> None:
    known = catalogue()
    missing = {text: place for text, place in texts().items() if text not in known}
    assert missing == {}


def test_no_translation_has_lost_its_text() -> None:
    assert set(catalogue()) - set(texts()) == set()


def test_translations_have_the_same_holes() -> None:
    wrong = {english: chinese for english, chinese in catalogue().items() if holes(english) != holes(chinese)}
    assert wrong == {}


def test_the_collector_finds_what_a_person_reads() -> None:
    found = texts()
    for text in ("Run segmentation", "Brain extraction", "Lung", "Files left out: {count}", "Reading slices"):
        assert text in found


@pytest.mark.parametrize(("studies", "files", "said"), [
    (1, 1, "The library is rebuilt: 1 study, 1 file."),
    (2, 1, "The library is rebuilt: 2 studies, 1 file."),
    (0, 0, "The library is rebuilt: 0 studies, 0 files."),
])  # fmt: skip
def test_one_is_said_as_one(studies: int, files: int, said: str) -> None:
    template = "The library is rebuilt: {studies} {studies:study|studies}, {files} {files:file|files}."
    assert template in catalogue()
    sentence = Sentence(template, {"studies": studies, "files": files})
    assert (say(sentence), str(sentence)) == (said, said)
    set_language("zh_CN")
    try:
        assert say(sentence) == f"检查库已重建：{studies} 个检查，{files} 个文件。"
    finally:
        set_language("en")


def test_no_text_counts_one_as_several() -> None:
    """A noun behind a number that may be one has both its forms."""
    several = re.compile(
        r"\{(count|images|files|studies|total|rows)[^|}]*\} (?:file|image|studie|slice|measurement|row)s\b|\(s\)"
    )
    assert {text for text in texts() if several.search(text)} <= NEVER_ONE


def test_a_sentence_is_said_in_chinese(chinese: None) -> None:
    assert language() == "zh_CN"
    assert say(Sentence("{count} images", {"count": 24})) == "24 幅图像"
    assert tr("Axial") == "轴位"


def test_a_sentence_in_a_sentence_is_translated_and_a_name_is_not(chinese: None) -> None:
    inner = Sentence("Exporting {name}", {"name": "Brain"})
    assert tr("Cancel: {title}", title=inner) == "取消：正在导出 Brain"


def test_an_error_in_a_sentence_is_translated_with_its_remedy(chinese: None) -> None:
    error = MedViewError("No images are open.", "Open a folder of images first.")
    assert tr("The model failed: {reason}", reason=error) == "模型运行失败：没有打开的图像。 请先打开图像文件夹。"


def test_an_unknown_text_and_an_unknown_language_stay_english() -> None:
    set_language("xx")
    assert language() in ("en", "zh_CN")  # as the system says
    set_language("en")
    assert tr("There is no such text.") == "There is no such text."
