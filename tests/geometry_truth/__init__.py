"""Where every voxel lies, held against the files' own headers and against dcm2niix; ``make truth`` prints the table."""
