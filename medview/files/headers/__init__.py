"""What a DICOM file says before its pixels: scanned fast, read by pydicom where anything is unusual (PS3.5 7, PS3.10).

No pixel is touched here, and no two files are compared: that is for `stacks` and `pixels`.
"""
