"""The page of the local list of studies: search, albums, details, imports."""
