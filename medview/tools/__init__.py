"""Mouse and keys turned into changes, in patient millimetres.

A tool receives a PointerEvent and changes the session or, through History, a segmentation. It draws nothing.
"""
