"""Study and session turned into pictures; never changes them.

The only room that uses VTK. It hands the gui arrays of pixels, never VTK objects, and holds no truth: every view can be
thrown away and made again from the session.
"""
