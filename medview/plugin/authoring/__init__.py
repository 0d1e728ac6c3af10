"""For whoever writes a plugin: the schema of a manifest, a plugin to begin with, and what is wrong with one.

Does not belong here: running a plugin to see how it behaves (`plugin.conformance`), and making one of another
program's model (`plugin.convert`).
"""
