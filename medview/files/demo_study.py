"""The demo study: a synthetic head around the MNI152 brain, written as a DICOM MR series with its true brain mask.

The brain is the ICBM152 2009a T1 average (copyright 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal
Neurological Institute, McGill University), which the package nilearn ships. It is read from there and never copied.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from medview.errors import MedViewError
from medview.files.dicom_write import write_series
from medview.files.formats import nifti
from medview.imaging.synthetic_head import SyntheticHead, synthetic_head
from medview.paths import data_folder
from medview.progress import Progress, part, unheard
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Patient, Series, StudyFacts

VERSION = 1  # raise it whenever the head's voxels or headers change, so that it is made anew
_DISTRIBUTION = "nilearn"
_BRAIN = "nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
_STUDY = StudyFacts(
    "",
    study_date="20260101",
    study_time="120000",
    study_description="Synthetic head, MNI152 brain",
    patient=Patient("Synthetic head^MNI152 brain", f"MEDVIEW-DEMO-{VERSION}"),
)
_SERIES = Series(
    "",
    "",
    modality="MR",
    series_number=1,
    series_description="T1 sagittal, synthetic head, MNI152 brain",
    body_part_examined="HEAD",
    image_type=("DERIVED", "SECONDARY", "OTHER"),
    patient_position="HFS",
    slice_thickness_mm=1.0,
    windows=((400.0, 800.0),),
)


@dataclass(frozen=True)
class DemoStudy:
    """Where the demo lies: the folder of its DICOM files, and its true brain mask (NIfTI, on the same grid)."""

    folder: Path
    true_mask: Path


def prepare(progress: Progress = unheard) -> DemoStudy:
    """Return the demo study, made on this computer the first time, which takes some seconds.

    Raises
    ------
    MedViewError
        The package that brings the brain is not installed, or the files cannot be written.
    """
    home = data_folder() / "demo" / f"head-{VERSION}"
    if not home.is_dir():
        _make(home, progress)
    progress(1.0, "")
    return _study_in(home)


def _make(home: Path, progress: Progress) -> None:
    """Make everything in a folder beside `home` and give it that name when it is whole."""
    brain = nifti.read_volume(_brain_file())
    head = synthetic_head(brain.array, brain.geometry, progress=part(progress, 0.0, 0.5))
    beside = home.with_name(f"{home.name}.{os.getpid()}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        _write(head, _study_in(beside), progress)
        os.replace(beside, home)
    except OSError as error:
        if not home.is_dir():  # another process may have been quicker, with the same voxels
            raise MedViewError(
                "The demo study cannot be written to {folder}: {reason}",
                "Free some disk space (60 MB), or set MEDVIEW_HOME to a folder that can be written to.",
                folder=str(home),
                reason=error.strerror or str(error),
            ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(head: SyntheticHead, study: DemoStudy, progress: Progress) -> None:
    write_series(head.array, head.geometry, _SERIES, _STUDY, study.folder, progress=part(progress, 0.5, 0.95))
    progress(0.95, "Writing the true mask")
    truth = Segmentation(
        head.brain.astype(np.uint8), head.geometry, Source("", "", "", ""), (Segment(1, "Brain"),), "True brain"
    )
    nifti.write_labels(truth, study.true_mask)


def _study_in(home: Path) -> DemoStudy:
    return DemoStudy(home / "images", home / "true_mask.nii.gz")


def _brain_file() -> Path:
    """Return where the installed package has the brain; its code is not imported."""
    try:
        path = Path(str(metadata.distribution(_DISTRIBUTION).locate_file(_BRAIN)))
    except metadata.PackageNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise MedViewError(
            "The demo study needs the brain that the package {package} brings, and it is not here.",
            "Install it with: pip install {package}. Your own images open without it: medview open PATH.",
            package=_DISTRIBUTION,
        )
    return path
