"""What is open: the list of studies and series, their warnings, headers and reports."""
