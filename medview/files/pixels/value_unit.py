"""The unit of a series' modality values."""

from __future__ import annotations

from medview.errors import MedViewError
from medview.files.headers.dicom_file import read_dicom_file
from medview.files.headers.header_facts import BURNED_IN
from medview.study.series import Instance, Series

_PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture
# CT Image Storage, Enhanced and Legacy Converted Enhanced CT (PS3.4 B.5)
_CT_IMAGES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
# Units (0054,1001) of PET: PS3.3 C.8.9.1.1.3
_PET_UNITS = {
    "BQML": "Bq/ml", "CNTS": "counts", "CPS": "counts/s", "PROPCNTS": "", "PROPCPS": "", "NONE": "", "GML": "g/ml",
    "CM2": "cm2", "CM2ML": "cm2/ml", "PCNT": "%", "MLG": "ml/g", "1CM": "1/cm", "UMOLML": "umol/ml",
    "MLMING": "ml/(min g)", "MLML": "ml/ml", "STDDEV": "standard deviations", "SUV": "g/ml",
    "MGMINML": "mg/(min ml)", "UMOLMINML": "umol/(min ml)",
}  # fmt: skip


def value_unit(series: Series) -> str:
    """Return "HU" for CT images whose values are Hounsfield units, PET's Units, "" for others.

    An original CT image that is no localizer is in Hounsfield units by the standard (PS3.3 C.8.2.1.1.2); a derived one
    is where its Rescale Type says so (C.11.1.1.2), and so is one computed from others (SECONDARY), if it is a grey CT
    image with nothing written into it. A capture of a screen is not, whatever it says: it may well say HU.

    A series whose Modality LUT does not give Hounsfield units has none, whatever else it says.
    """
    if series.sop_class_uid == _PARAMETRIC_MAP:
        return series.rescale_type  # there the unit of its real world values
    if series.modality == "PT":
        return _pet_unit(series)
    if series.modality != "CT" or "LOCALIZER" in series.image_type or _is_capture(series):
        return ""
    says_hu = series.rescale_type == "HU"
    if "SECONDARY" in series.image_type:
        return "HU" if says_hu and _is_plain_ct(series) else ""
    if series.rescale_type or any(instance.has_modality_lut for instance in series.instances):
        return "HU" if says_hu else ""
    return "HU" if series.image_type[:1] == ("ORIGINAL",) else ""


def _is_capture(series: Series) -> bool:
    return series.sop_class_uid == _CAPTURE or series.sop_class_uid.startswith(f"{_CAPTURE}.")


def _is_plain_ct(series: Series) -> bool:
    """Whether images are grey ones of a CT class, and none says that something was written into its pixels."""
    return series.sop_class_uid in _CT_IMAGES and not series.is_colour and BURNED_IN not in series.warnings


def _pet_unit(series: Series) -> str:
    found = {_units(instance) for instance in (series.instances[:1] + series.instances[-1:])}
    if len(found) != 1:
        return ""
    (units,) = found
    return _PET_UNITS.get(units or series.rescale_type, "")


def _units(instance: Instance) -> str:
    try:
        file = read_dicom_file(instance.path)
    except (MedViewError, OSError):  # the pixels are read next, and say so
        return ""
    return "" if file is None else file.values.text("Units")
