"""Save the measurements of a study as a table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.measurement_table import MeasuredRow, write_measurement_table
from medview.imaging.findings import Findings
from medview.imaging.measure import figures, measured
from medview.jobs.job import Job
from medview.progress import Progress, part
from medview.session.measured import findings
from medview.session.read_voxels import read_voxels
from medview.session.session import Session
from medview.study.measurement import KIND_TITLES, Measurement, slice_index
from medview.study.one_image import one_image
from medview.study.series import Series
from medview.study.study import Study


def export_measurements(session: Session, study: Study, path: Path) -> Job:
    """Submit the writing of all measurements of a study to a CSV file, or a JSON file where the name ends so.

    What has not been on the screen is read for it, so that no number is missing. A notice says where it lies.
    """
    rows = [(m, study.find(m.series_key), _known(session, study, m)) for m in study.measurements]
    calibrations = [m for m in study.measurements if m.kind == "calibration"]

    def work(progress: Progress) -> None:
        told: list[MeasuredRow] = []
        for number, (measurement, series, known) in enumerate(rows):
            inner = part(progress, number / len(rows), (number + 1) / len(rows))
            inner(0.0)
            found = known or _read(session, measurement, series, calibrations, inner)
            told += _rows(number + 1, measurement, series, found)
        write_measurement_table(told, path)

    def done(_: None) -> None:
        session.notices.add("info", "The measurements were saved as {name}.", name=path.name)

    title = Sentence("Saving {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)


_NOT_OPEN = MedViewError("The images that this was measured on are not open.")


def _known(session: Session, study: Study, measurement: Measurement) -> Findings | None:
    """Return the numbers of a measurement where all of them are known; None where images must be read for them."""
    found = findings(session, study, measurement)
    return found if found.is_complete else None


def _read(
    session: Session,
    measurement: Measurement,
    series: Series | None,
    calibrations: list[Measurement],
    progress: Progress,
) -> Findings:
    """Return the numbers of a measurement whose images are not on the screen."""
    if series is None or series.geometry is None:
        return Findings(refusals=(_NOT_OPEN,))
    needed = series if measurement.image is None else one_image(series, slice_index(measurement, series.geometry))
    try:
        volume = read_voxels(needed, progress, session.jobs.workers)
    except MedViewError as error:
        geometric = figures(measurement, series, calibrations=calibrations)
        return geometric.joined(Findings(refusals=(error,)))
    return measured(measurement, volume, calibrations=calibrations)


def _rows(number: int, measurement: Measurement, series: Series | None, found: Findings) -> Iterator[MeasuredRow]:
    row = partial(_row, number, measurement, series)
    remark = " ".join(map(str, found.remarks))
    for quantity in found.quantities:
        yield row(quantity.name, quantity.channel, quantity.value, quantity.unit, remark)
    for refusal in found.refusals:
        yield row("", "", None, "", str(refusal))
    if not found.quantities and not found.refusals:
        yield row("", "", None, "", "")


def _row(
    number: int,
    measurement: Measurement,
    series: Series | None,
    quantity: str,
    channel: str,
    value: float | None,
    unit: str,
    remark: str,
) -> MeasuredRow:
    image, geometry = measurement.image, series.geometry if series is not None else None
    return MeasuredRow(
        measurement=number,
        kind=str(KIND_TITLES[measurement.kind]),
        label=measurement.label,
        quantity=quantity,
        channel=channel,
        value=value,
        unit=unit,
        remark=remark,
        series_number=series.series_number if series is not None else None,
        series_description=series.series_description if series is not None else "",
        image=None if image is None or geometry is None else slice_index(measurement, geometry) + 1,
        study_instance_uid=measurement.study_instance_uid,
        series_instance_uid=series.series_instance_uid if series is not None else "",
        sop_instance_uid=image.sop_instance_uid if image is not None else "",
        frame=image.frame_index if image is not None else None,
        tracking_uid=measurement.tracking_uid,
    )
