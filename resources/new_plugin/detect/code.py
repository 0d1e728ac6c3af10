"""Puts a box around each lung."""

import numpy as np
from scipy import ndimage

from medview.plugin import Boxes, ScoredBox

LOWEST_HU, LEAST_ML = -950, 100.0


def run(request, context):
    """Return boxes in indices of the images: the first voxel reaches from -0.5 to 0.5."""
    volume = request.volume  # its array: (slices, rows, columns), Hounsfield units, read-only
    airy = np.zeros(volume.array.shape, dtype=bool)
    for number, image in enumerate(volume.array):
        # shows how far it is, and ends the run here where the person has stopped it
        context.progress(0.8 * number / len(airy), "Comparing")
        airy[number] = (image > LOWEST_HU) & (image < request.parameters["level"])
    pieces, _ = ndimage.label(airy)
    boxes = []
    for number, place in enumerate(ndimage.find_objects(pieces), start=1):
        context.progress(0.9, "Measuring")
        voxels = int((pieces[place] == number).sum())
        if voxels * (volume.geometry.voxel_ml or 0.0) >= LEAST_ML:
            low, high = zip(*((side.start - 0.5, side.stop - 0.5) for side in place), strict=True)
            boxes.append(ScoredBox(request.concepts["lung"], voxels / pieces[place].size, low, high))
    return Boxes(tuple(sorted(boxes, key=lambda box: -box.score)), threshold=0.2)
