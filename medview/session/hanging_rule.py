"""Hanging protocols: which images of which study go where, as rules that a person can read and edit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.paths import data_folder, resources_folder
from medview.session.layout import Layout, Side, grid_layout, layout_from, shipped_layout

_GRID = re.compile(r"([1-9])x([1-9])")
_SIDES = ("", "left", "right")
_CHOICES = ("largest", "first", "last")


@dataclass(frozen=True)
class Wish:
    """What one slot of a stage is to show; what is left empty asks for nothing.

    Attributes
    ----------
    modality, body_part, view, laterality
        Any of them: Modality, Body Part Examined, View Position (or its code's mnemonic) and laterality.
    words, without
        Words of Series Description: one of them must be there, and none of the others.
    images
        Least number of images.
    choose
        Of several series the largest, or the first or last by Series Number.
    prior
        0 for the study itself, 1 for the newest prior, 2 for the one before that.
    same_as
        Slot of the current study with whose series that of the prior is compared (modality and body part).
    needed
        Whether the stage is passed over where there is no such series.
    chest_wall
        At which edge of the pane the chest wall of a mammogram lies: it is mirrored or turned until it does.
    fuse
        Modality of the series of the same frame of reference that is laid over it.
    """

    slot: int
    modality: tuple[str, ...] = ()
    body_part: tuple[str, ...] = ()
    view: tuple[str, ...] = ()
    laterality: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    images: int = 1
    choose: str = "largest"
    prior: int = 0
    same_as: int = 0
    needed: bool = True
    chest_wall: Side = ""
    fuse: str = ""


@dataclass(frozen=True)
class Stage:
    """One way to lay a study out, with what its slots show."""

    title: str
    layout: Layout
    wishes: tuple[Wish, ...]


@dataclass(frozen=True)
class HangingRule:
    """When a study is laid out like this, and the stages that a reader goes through.

    Attributes
    ----------
    priority
        Of the rules that fit, the one with the highest.
    modality
        The study has a series of one of them that is no localizer; of `all_modalities` it has every one.
    body_part
        A series is of one of these parts of the body.
    words
        One of them is in the description of the study or of a series.
    series
        Least and greatest number of series.
    prior
        Whether a prior must be there (True), must not (False), or does not matter (None).
    """

    id: str
    title: str
    stages: tuple[Stage, ...]
    priority: int = 0
    modality: tuple[str, ...] = ()
    all_modalities: tuple[str, ...] = ()
    body_part: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    series: tuple[int, int] = (1, 100_000)
    prior: bool | None = None

    @property
    def wants_prior(self) -> bool:
        """Whether a stage shows a prior."""
        return any(wish.prior > 0 for stage in self.stages for wish in stage.wishes)


def own_hanging_folder() -> Path:
    """Return the folder of a person's own hanging protocols, which need not be there."""
    return data_folder() / "hanging"


def hanging_rules() -> tuple[tuple[HangingRule, ...], tuple[MedViewError, ...]]:
    """Return the rules, the first to be tried first, and what is wrong with files that cannot be used.

    Of equal priority a person's own come before those that are shipped, and replace one of the same file name.
    """
    own, errors = read_own_hanging()
    taken = {rule.id for rule in own}
    shipped = tuple(rule for rule in _shipped() if rule.id not in taken)
    return tuple(sorted((*own, *shipped), key=lambda rule: -rule.priority)), errors


def read_own_hanging() -> tuple[tuple[HangingRule, ...], tuple[MedViewError, ...]]:
    """Return a person's own rules, and what is wrong with files that cannot be used."""
    return _read_folder(own_hanging_folder())


def read_hanging(path: Path) -> HangingRule:
    """Read one file; MedViewError where it is not as it should be, with the reason."""
    try:
        row = tomllib.loads(path.read_text(encoding="utf-8"))
        return _rule(path.stem, row)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise MedViewError(
            "The hanging protocol {name} cannot be used: {reason}",
            "Correct the file, or remove it. The other protocols work without it.",
            name=path.name,
            reason=f"{error} is missing" if isinstance(error, KeyError) else str(error),
        ) from error


@lru_cache(maxsize=1)
def _shipped() -> tuple[HangingRule, ...]:
    rules, errors = _read_folder(resources_folder() / "hanging")
    if errors:
        raise errors[0]
    return rules


def _read_folder(folder: Path) -> tuple[tuple[HangingRule, ...], tuple[MedViewError, ...]]:
    rules, errors = [], []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            rules.append(read_hanging(path))
        except MedViewError as error:
            errors.append(error)
    return tuple(rules), tuple(errors)


def _rule(rule_id: str, row: Mapping[str, Any]) -> HangingRule:
    _only(row, "title", "priority", "when", "stage")
    when = row.get("when", {})
    _only(when, "modality", "all_modalities", "body_part", "words", "series", "prior")
    if when.get("prior") not in (None, True, False):
        raise ValueError("prior must be true or false")
    stages = tuple(_stage(stage) for stage in row["stage"])
    if not stages:
        raise ValueError("there is no stage")
    least, most = when.get("series", (1, 100_000))
    return HangingRule(
        rule_id, _text(row["title"]), stages, int(row.get("priority", 0)), _texts(when, "modality"),
        _texts(when, "all_modalities"), _texts(when, "body_part"), _texts(when, "words"), (int(least), int(most)),
        when.get("prior"),
    )  # fmt: skip


def _stage(row: Mapping[str, Any]) -> Stage:
    _only(row, "title", "layout", "show")
    layout = _layout(row["layout"])
    wishes = tuple(_wish(wish) for wish in row["show"])
    for wish in wishes:
        if wish.slot not in layout.slots:
            raise ValueError(f"the layout {layout.id} has no slot {wish.slot}")
    return Stage(_text(row.get("title", "")), layout, wishes)


def _layout(found: object) -> Layout:
    """Return the layout of a name ("mpr"), of a grid ("3x2"), or that is written out."""
    if isinstance(found, Mapping):
        return layout_from({"id": "hanging", "title": "", **found})
    text = _text(found)
    grid = _GRID.fullmatch(text)
    if grid:
        return grid_layout(int(grid[1]), int(grid[2]))
    try:
        return shipped_layout(text)
    except KeyError:
        raise ValueError(f"there is no layout {text}") from None


def _wish(row: Mapping[str, Any]) -> Wish:
    _only(row, *Wish.__dataclass_fields__)
    wish = Wish(
        int(row["slot"]),
        modality=_texts(row, "modality"),
        body_part=_texts(row, "body_part"),
        view=_texts(row, "view"),
        laterality=_texts(row, "laterality"),
        words=_texts(row, "words"),
        without=_texts(row, "without"),
        images=int(row.get("images", 1)),
        choose=_text(row.get("choose", "largest")),
        prior=int(row.get("prior", 0)),
        same_as=int(row.get("same_as", 0)),
        needed=bool(row.get("needed", True)),
        chest_wall=row.get("chest_wall", ""),
        fuse=_text(row.get("fuse", "")),
    )
    if wish.chest_wall not in _SIDES or wish.choose not in _CHOICES:
        raise ValueError(f"{wish.chest_wall or wish.choose} is not known here")
    return wish


def _only(row: Mapping[str, Any], *names: str) -> None:
    """Raise ValueError where there is a word that means nothing: a slip of the pen must not be passed over."""
    unknown = sorted(set(row) - set(names))
    if unknown:
        raise ValueError(f"{unknown[0]} is not known here")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value} is no text")
    return value


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name, ())
    return tuple(_text(text) for text in ((value,) if isinstance(value, str) else value))
