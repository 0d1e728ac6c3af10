"""Folders, archives and DICOMDIRs looked through; every file is accounted for."""
