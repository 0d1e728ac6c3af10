"""Disk to study and back, one module per format.

Belongs here: reading and writing DICOM, NIfTI, STL, PNG, each write atomic and read back. Does not belong here: what to
do with what was read, pictures on the screen, networks.
"""
