"""Marks what is dense."""

import numpy as np

from medview.plugin import Labels


def run(request, context):
    """Return labels on the grid of the images: 0 is nothing, 1 the first segment of plugin.toml."""
    images = request.volume.array  # (slices, rows, columns), Hounsfield units, read-only
    labels = np.zeros(images.shape, dtype=np.uint8)
    with context.stage("threshold"):
        for number, image in enumerate(images):
            # shows how far it is, and ends the run here where the person has stopped it
            context.progress(number / len(images), "Comparing")
            labels[number][image >= request.parameters["level"]] = 1
    return Labels(labels, request.segments)
