"""What is said in the person's language. The key of a translation is the English template itself."""

from __future__ import annotations

import json
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from medview.errors import MedViewError, Sentence, fill
from medview.paths import resources_folder

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
_chosen = "en"
_qt_texts: list[QTranslator] = []


def set_language(code: str) -> None:
    """Speak "en" or "zh_CN" from now on; "" follows the system's locale. Texts on the screen stay as they are."""
    global _chosen
    _chosen = code if code in LANGUAGES else _system_language()
    _translate_qt(_chosen)


def language() -> str:
    """Return the code of the language spoken."""
    return _chosen


def tr(template: str, **values: object) -> str:
    """Return `template` in the person's language with its holes filled."""
    translated = _catalogue(_chosen).get(template, template)
    return fill(translated, {name: _said(name, value) for name, value in values.items()}) if values else translated


def say(sentence: Sentence) -> str:
    """Return a sentence in the person's language."""
    return tr(sentence.template, **sentence.values)


def _said(name: str, value: object) -> object:
    """Return what fills a hole: sentences, errors and names of plugins are translated, names of patients never."""
    if name == "plugin" and isinstance(value, str):
        return tr(value)
    if isinstance(value, Sentence):
        return say(value)
    if isinstance(value, MedViewError):
        return f"{say(value.message)} {say(value.remedy)}".strip()
    return value


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(code: str) -> dict[str, str]:
    if code == "en":
        return {}
    path = resources_folder() / "translations" / f"{code}.json"
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def _system_language() -> str:
    """Simplified Chinese where the system prefers it to English, else English."""
    for name in QLocale.system().uiLanguages():
        if name.startswith("zh") and "Hant" not in name and not name.endswith(("TW", "HK", "MO")):
            return "zh_CN"
        if name.startswith("en"):
            return "en"
    return "en"


def _translate_qt(code: str) -> None:
    """Let Qt's own dialogs and buttons speak the same language."""
    application = QCoreApplication.instance()
    if application is None:
        return
    while _qt_texts:
        application.removeTranslator(_qt_texts.pop())
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code != "en" and translator.load(f"qtbase_{code}", folder):
        application.installTranslator(translator)
        _qt_texts.append(translator)
