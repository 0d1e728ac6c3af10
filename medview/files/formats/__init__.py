"""What is not DICOM: NIfTI, NRRD, MetaImage, pictures, surfaces; read and written through the same Geometry."""
