"""A header as a tree of rows for a person: every tag, searched and compared, with limits of depth and number."""
