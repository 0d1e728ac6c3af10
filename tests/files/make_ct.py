"""A CT of a size and noise as scanners make them, written uncompressed or compressed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from scipy.ndimage import gaussian_filter

from tests.files.make_dicom import image, write

SIZE = 512
SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000": JPEG2000Lossless,
}


def noisy_slices(count: int) -> NDArray[np.uint16]:
    """Return stored values (count, 512, 512) of 12 bits: a trunk with lungs and spine, 14 HU of noise as of a scanner.

    The noise is that of a soft kernel: neighbours are alike. Compressed without loss it takes half a byte more or less
    than real ones do.
    """
    rng = np.random.default_rng(1)
    noise = np.stack([gaussian_filter(rng.normal(size=(SIZE, SIZE)), 0.7, mode="wrap") for _ in range(4)])
    noise /= noise.std()
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    slices = np.empty((count, SIZE, SIZE), np.uint16)
    for index in range(count):
        anatomy = _anatomy(x, y, index / max(count - 1, 1))
        # each slice's noise is another part of the same noise: making it anew would take longer than what is measured
        grain = np.roll(noise[index % 4], (37 * index, 91 * index), axis=(0, 1))
        hounsfield = anatomy + grain * np.where(anatomy < -950, 6.0, 14.0)
        slices[index] = np.clip(np.rint(hounsfield + 1024), 0, 4095)
    return slices


def _anatomy(x: NDArray[np.float64], y: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    values = np.full(x.shape, -1000.0)
    values[(x / 0.85) ** 2 + (y / 0.65) ** 2 < 1] = 40.0
    lung = 0.4 * np.sin(np.pi * height)
    for side in (-0.35, 0.35):
        values[((x - side) / 0.25) ** 2 + (y / max(lung, 0.01)) ** 2 < 1] = -850.0
    values[(x / 0.08) ** 2 + ((y - 0.45) / 0.1) ** 2 < 1] = 700.0
    return gaussian_filter(values, 1.0)


def write_ct(folder: Path, slices: NDArray[np.uint16], syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write slices as the files of a series and return the folder; their names are in no order."""
    for index, stored in enumerate(slices):
        write(_compressed(_slice(index, stored), stored, syntax), folder / f"{(index * 7919) % 100003:06d}.dcm", syntax)
    return folder


def _slice(index: int, stored: NDArray[np.uint16]) -> Dataset:
    dataset = image(
        index, Rows=SIZE, Columns=SIZE, PixelData=stored.tobytes(), Manufacturer="Made for tests",
        SOPInstanceUID=f"2.25.4000{index:04d}", KVP=120, ExposureTime=500, XRayTubeCurrent=200,
        ConvolutionKernel="B31f", PatientPosition="HFS", InstanceCreationDate="20240102", AcquisitionNumber=1,
        BodyPartExamined="CHEST",
    )  # fmt: skip
    # scanners write about four kilobytes of their own
    block = dataset.private_block(0x0029, "MEDVIEW TESTS", create=True)
    for element in range(40):
        block.add_new(element, "LO", f"value {element} of slice {index}, as long as such values often are")
    return dataset


def _compressed(dataset: Dataset, stored: NDArray[np.uint16], syntax: str) -> Dataset:
    if syntax == ExplicitVRLittleEndian:
        return dataset
    if syntax == JPEGLosslessSV1:
        import imagecodecs

        frame = imagecodecs.jpeg8_encode(stored, lossless=True, predictor=1, bitspersample=12)
        dataset.PixelData = encapsulate([bytes(frame)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        return dataset
    dataset.compress(syntax, stored, generate_instance_uid=False)
    return dataset
