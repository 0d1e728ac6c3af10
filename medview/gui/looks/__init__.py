"""The window of 3D looks: transfer function, clipping, surfaces."""
