"""Which series a rule puts where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medview.session.hanging_rule import HangingRule, Stage, Wish
from medview.study.series import Series
from medview.study.series_worth import is_localizer, worth
from medview.study.study import Study


@dataclass(frozen=True, eq=False)
class Hung:
    """What a slot is to show."""

    study: Study
    series: Series
    wish: Wish


@dataclass(frozen=True, eq=False)
class HungStage:
    """A stage with what its slots show; slots for which there is nothing are left out."""

    stage: Stage
    shown: dict[int, Hung]


@dataclass(frozen=True, eq=False)
class Hanging:
    """How a study hangs: by which rule, and at which of its stages."""

    study: Study
    rule: HangingRule
    stages: tuple[HungStage, ...]
    number: int = 0

    @property
    def stage(self) -> HungStage:
        """The stage on the screen."""
        return self.stages[self.number]


def choose_rule(
    rules: Sequence[HangingRule], study: Study, priors: Sequence[Study]
) -> tuple[HangingRule, tuple[HungStage, ...]] | None:
    """Return the first rule that fits a study, with the stages for which there are images; None where none does.

    Parameters
    ----------
    priors
        Earlier studies of the same patient, the newest first.
    """
    for rule in rules:
        if _fits(rule, study, priors):
            stages = tuple(found for stage in rule.stages if (found := _filled(stage, study, priors)) is not None)
            if stages:
                return rule, stages
    return None


def comparable(study: Study, series: Series, other: Study, prior: Series) -> bool:
    """Whether a series of a prior is of the same modality and part of the body, and not of its other side.

    Where the part is not said in both, equal descriptions of the examinations tell.
    """
    if {_side(series), _side(prior)} == {"L", "R"}:
        return False
    names = study.facts.study_description, other.facts.study_description
    parts = series.body_part_examined, prior.body_part_examined
    return is_alike((series.modality, prior.modality), parts, names)


def is_alike(modalities: tuple[str, str], parts: tuple[str, str], descriptions: tuple[str, str]) -> bool:
    """Whether two series may be compared, by what `comparable` asks for, each in a pair."""
    if modalities[0] != modalities[1]:
        return False
    told = tuple(map(_plain, parts))
    if not all(told):
        told = tuple(map(_plain, descriptions))
    return bool(told[0]) and told[0] == told[1]


def candidates(study: Study) -> list[Series]:
    """Return the series that can be hung: of a 4-D one the first place, nothing that cannot be shown."""
    return [s for s in study.series if s.refusal is None and (s.axis is None or s.axis.number == 0)]


def _fits(rule: HangingRule, study: Study, priors: Sequence[Study]) -> bool:
    there = candidates(study)
    telling = [series for series in there if not is_localizer(series)] or there
    modalities = {series.modality for series in telling}
    return (
        rule.series[0] <= len(there) <= rule.series[1]
        and (not rule.modality or bool(modalities & set(rule.modality)))
        and set(rule.all_modalities) <= modalities
        and (not rule.body_part or any(_is_one_of(s.body_part_examined, rule.body_part) for s in telling))
        and (not rule.words or any(_has_word(text, rule.words) for text in _descriptions(study, there)))
        and rule.prior in (None, _has_prior(study, there, priors))
    )


def _has_prior(study: Study, there: Sequence[Series], priors: Sequence[Study]) -> bool:
    return any(comparable(study, s, prior, p) for prior in priors for s in there for p in candidates(prior))


def _filled(stage: Stage, study: Study, priors: Sequence[Study]) -> HungStage | None:
    """Return a stage with the series for its slots; None where one that is needed is not there."""
    shown: dict[int, Hung] = {}
    for wish in sorted(stage.wishes, key=lambda wish: wish.prior):
        used = [hung.series for hung in shown.values()]
        found = _found(wish, study, priors, shown, used)
        if found is not None:
            shown[wish.slot] = found
        elif wish.needed:
            return None
    return HungStage(stage, shown) if shown else None


def _found(
    wish: Wish, study: Study, priors: Sequence[Study], shown: dict[int, Hung], used: Sequence[Series]
) -> Hung | None:
    if wish.prior == 0:
        series = _best(wish, [s for s in candidates(study) if wish.fuse or s not in used])
        return Hung(study, series, wish) if series is not None else None
    current = shown.get(wish.same_as)
    if current is None:
        return None
    usable = []
    for prior in priors:
        alike = [s for s in candidates(prior) if comparable(current.study, current.series, prior, s) and s not in used]
        series = _most_alike(current.series, wish, alike)
        if series is not None:
            usable.append(Hung(prior, series, wish))
    return usable[wish.prior - 1] if len(usable) >= wish.prior else None


def _most_alike(series: Series, wish: Wish, alike: Sequence[Series]) -> Series | None:
    """Return the series of a prior that is compared: of the same name where there is one, else as the wish says."""
    named = [s for s in alike if _plain(s.series_description) == _plain(series.series_description)]
    return _best(wish, named) or _best(wish, alike)


def _best(wish: Wish, there: Sequence[Series]) -> Series | None:
    fitting = [series for series in there if _is_wished(wish, series)]
    telling = [series for series in fitting if not is_localizer(series)] or fitting
    if not telling:
        return None
    if wish.choose == "largest":
        return max(telling, key=worth)
    ordered = sorted(telling, key=lambda series: series.series_number if series.series_number is not None else 0)
    return ordered[0 if wish.choose == "first" else -1]


def _is_wished(wish: Wish, series: Series) -> bool:
    facts = series.instances[0].acquisition if series.instances else None
    view, side = (facts.view_position, facts.laterality) if facts is not None else ("", "")
    return (
        len(series.instances) >= wish.images
        and (not wish.modality or series.modality in wish.modality)
        and (not wish.body_part or _is_one_of(series.body_part_examined, wish.body_part))
        and (not wish.view or _is_one_of(view, wish.view))
        and (not wish.laterality or _is_one_of(side, wish.laterality))
        and (not wish.words or _has_word(series.series_description, wish.words))
        and not _has_word(series.series_description, wish.without)
    )


def _descriptions(study: Study, series: Sequence[Series]) -> list[str]:
    return [study.facts.study_description, *(one.series_description for one in series)]


def _side(series: Series) -> str:
    return series.instances[0].acquisition.laterality if series.instances else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _is_one_of(text: str, wanted: Sequence[str]) -> bool:
    return bool(text) and _plain(text) in {_plain(one) for one in wanted}


def _has_word(text: str, words: Sequence[str]) -> bool:
    """Whether one of several texts is in a text, as words of their own: "lat" is in "Chest lat.", not in "lateral"."""
    plain = f" {''.join(c if c.isalnum() else ' ' for c in text.casefold())} "
    plain = f" {' '.join(plain.split())} "
    wanted = (" ".join("".join(c if c.isalnum() else " " for c in word.casefold()).split()) for word in words)
    return any(f" {word} " in plain for word in wanted if word)
