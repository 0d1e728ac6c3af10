"""The local list of studies: an SQLite index of what was imported, by copy or by link, and the store of the copies.

Belongs here: finding studies again, the facts a list shows, opening without reading headers, albums and comments,
looking after missing files and disk space. Everything in the index can be rebuilt from the files, except what a person
typed, which lies beside it as JSON. Does not belong here: reading DICOM, jobs, anything shown on the screen.
"""
