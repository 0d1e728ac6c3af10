"""Put what a plugin has said into the study it was said of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from medview.files.made_uid import new_uid
from medview.plugin.contract import Result
from medview.session.apply_transform import apply_transform
from medview.session.demo_truth import tell_dice
from medview.session.further_inputs import Given, bears
from medview.session.session import Session
from medview.study.finding import Boxes, Finding, Payload
from medview.study.segmentation import Segmentation
from medview.study.spatial_transform import SpatialTransform
from medview.study.study import Study


def apply_result(
    session: Session, study: Study, result: Result, given: Mapping[str, Given] = MappingProxyType({})
) -> None:
    """Add labels as a segmentation, a transform as a registration, the rest as findings; drop it where images changed.

    Parameters
    ----------
    given
        What the run was given beside the images of the study, by the input's id, in the manifest's order.
    """
    if not study.bears(result.source, result.geometry) or not all(bears(session, one) for one in given.values()):
        tell_dropped(session, result.name)
        return
    findings = findings_of(result)
    if findings:
        study.history.do_change(
            "Results of a model",
            study.findings,
            lambda kept: kept.set((*kept, *findings)),
            lambda kept: kept.set(f for f in kept if f.run_uid != findings[0].run_uid),
            series_key=result.source.series_key,
        )
    if result.labels is not None:
        segmentation = segmentation_of(result)
        study.add(segmentation)
        for scene in session.scenes_of(study, segmentation.source.series_key):
            scene.show_segmentation(segmentation)
        tell_dice(session, segmentation)
    transforms = [answer for answer in result.answers if isinstance(answer, SpatialTransform)]
    moving = next(iter(given.values()), None)  # what a result says of itself comes from the plugin's process
    if transforms and moving is not None:
        apply_transform(session, study, result, transforms[0], moving)


def tell_dropped(session: Session, plugin: str) -> None:
    """Say that a result is not of the images that there are."""
    session.notices.add(
        "warning",
        "A result of {plugin} was dropped: the images it was made from have changed.",
        "Run it on them again.",
        plugin=plugin,
    )


def segmentation_of(result: Result) -> Segmentation:
    """Return a result's labels as a segmentation that can be drawn and corrected; it must have some."""
    if result.labels is None:
        raise ValueError("the result holds no labels")
    labels = result.labels
    return Segmentation(
        labels.array, result.geometry, result.source, labels.segments, result.name, dict(result.provenance)
    )


def findings_of(result: Result) -> tuple[Finding, ...]:
    """Return what a result says beside labels and transforms, each box by itself, best score first."""
    run_uid = new_uid()
    found: list[tuple[Payload, float]] = []
    for answer in result.answers:
        if isinstance(answer, Boxes):
            ranked = sorted(answer.boxes, key=lambda box: -box.score)
            found += [(box, answer.threshold) for box in ranked]
        elif not isinstance(answer, SpatialTransform) and answer is not result.labels:
            found.append((answer, 0.0))  # type: ignore[arg-type]  # labels and transforms are out
    return tuple(
        Finding(
            new_uid(),
            run_uid,
            result.name,
            payload,
            result.geometry,
            result.source,
            dict(result.provenance),
            threshold=threshold,
        )
        for payload, threshold in found
    )
