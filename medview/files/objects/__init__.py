"""DICOM objects beside images: segmentations, structure sets, doses, reports, presentation states, maps, documents."""
