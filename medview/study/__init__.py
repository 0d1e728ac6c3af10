"""The patient's data in memory: what was acquired, what was drawn on it, and the undoable edits to it.

Belongs here: types that say what an image *is* (geometry, series, volume, segmentation). Does not belong here: reading
or writing files, arithmetic on pixels, pictures, what is open at the moment.
"""
