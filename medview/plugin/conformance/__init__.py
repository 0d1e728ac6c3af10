"""Whether a plugin behaves: it is run on patients whose every voxel is known, lying in every way, and watched.

The suite knows no processes: whoever starts it gives a `Runner`. Does not belong here: what can be seen without running
the plugin (`plugin.authoring.check_plugin`).
"""
