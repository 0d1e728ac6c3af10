"""Takes noise out by a median."""

import numpy as np
from scipy import ndimage

from medview.plugin import DerivedImage


def run(request, context):
    """Return images on the grid of those given, in their unit."""
    images, reach = request.volume.array, request.parameters["reach"]  # (slices, rows, columns), HU, read-only
    cleaned = np.empty(images.shape, dtype=np.int16)
    with context.stage("median"):
        for number in range(len(images)):
            # shows how far it is, and ends the run here where the person has stopped it
            context.progress(number / len(images), "Cleaning")
            first = max(0, number - reach)
            slab = images[first : number + reach + 1]
            cleaned[number] = ndimage.median_filter(slab, size=2 * reach + 1)[number - first]
    return DerivedImage("Median", cleaned, "denoised", "HU")
