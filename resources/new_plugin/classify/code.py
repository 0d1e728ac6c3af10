"""Says whether there is bone."""

import numpy as np

from medview.plugin import ClassScores

ENOUGH = 0.01  # of the voxels


def run(request, context):
    """Return a score for each concept of plugin.toml: raw, no probability."""
    images = request.volume.array  # (slices, rows, columns), Hounsfield units, read-only
    dense = np.zeros(len(images))
    with context.stage("count"):
        for number, image in enumerate(images):
            # shows how far it is, and ends the run here where the person has stopped it
            context.progress(number / len(images), "Counting")
            dense[number] = (image >= request.parameters["level"]).mean()
    score = 1.0 / (1.0 + np.exp(-(dense.mean() / ENOUGH - 1.0)))
    return ClassScores((request.concepts["bone"],), np.array([score], dtype=np.float32), "sigmoid")
