"""Keep what a person puts on the images of open studies, and bring it back when they are opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medview.errors import Sentence
from medview.library.measurement_record import MeasurementPlaces, measurement_record
from medview.paths import data_folder
from medview.session.kept_things import KeptState, KeptThings, Things
from medview.study.annotation import ImageName
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.library.marks import KeptMarks, Marks


class KeptMeasurements(KeptThings):
    """The measurements and key images of a session's studies."""

    title = Sentence("Keeping measurements")
    lost = (
        Sentence("What is measured on this study is not kept: its file of measurements cannot be read."),
        Sentence("Export the measurements before you close it."),
    )

    def _marks(self) -> Marks:
        from medview.library.marks import Marks

        return Marks(data_folder() / "library" / "marks")

    def _watch(self, study: Study) -> None:
        study.measurements.changed.connect(self._look)
        study.key_images.changed.connect(self._look)
        study.series_changed.connect(self._place_waiting)

    def _things(self, study: Study, state: KeptState) -> dict[str, Things]:
        return {
            "measurements": {m.tracking_uid: m for m in study.measurements},
            "key_images": {_name(image): image for image in study.key_images},
        }

    def _record(self, thing: Any, study: Study) -> dict[str, Any]:
        if isinstance(thing, ImageName):
            return {"sop": thing.sop_instance_uid, "frame": thing.frame_index}
        return measurement_record(thing, study.find(thing.series_key))

    def _bring_back(self, study: Study, state: KeptState, kept: KeptMarks) -> None:
        state.waiting = dict(kept.sections.get("measurements", {}))
        images = [image for record in kept.sections.get("key_images", {}).values() if (image := _image(record))]
        state.noted["key_images"] = {_name(image): image for image in images}
        if images:
            study.key_images.set((*images, *study.key_images))
        damaged = self._placed(study, state)
        if damaged:
            self._session.notices.add(
                "warning", "{count} {count:measurement|measurements} kept with this study cannot be understood.",
                "{count:It stays|They stay} in the study's file unchanged.", count=damaged,
            )  # fmt: skip
        if state.waiting:
            self._session.notices.add(
                "info",
                "{count} {count:measurement|measurements} of this study {count:lies|lie} on images that are not here.",
                "{count:It is|They are} kept, and shown when those images are opened.", count=len(state.waiting),
            )  # fmt: skip

    def _place(self, study: Study, state: KeptState) -> None:
        self._placed(study, state)

    def _placed(self, study: Study, state: KeptState) -> int:
        """Put what waits on its images where they are here; return how many records are damaged."""
        places, found, damaged = MeasurementPlaces(study.series, state.waiting.values()), [], []
        for uid, record in state.waiting.items():
            try:
                measurement = places.placed(uid, record)
            except ValueError:
                damaged.append(uid)
                continue
            if measurement is not None:
                found.append(measurement)
        gone = {*damaged, *(m.tracking_uid for m in found)}
        state.waiting = {uid: record for uid, record in state.waiting.items() if uid not in gone}
        new = [m for m in found if study.measurements.find(m.tracking_uid) is None]
        state.noted["measurements"] = {**state.noted.get("measurements", {}), **{m.tracking_uid: m for m in new}}
        if new:
            study.measurements.set((*new, *study.measurements))
        return len(damaged)


def _name(image: ImageName) -> str:
    return image.sop_instance_uid if image.frame_index is None else f"{image.sop_instance_uid}:{image.frame_index}"


def _image(record: Mapping[str, Any]) -> ImageName | None:
    """Return the image of a record; None where it is damaged."""
    uid, frame = record.get("sop"), record.get("frame")
    if not isinstance(uid, str) or not uid or not isinstance(frame, int | None):
        return None
    return ImageName(uid, frame)
