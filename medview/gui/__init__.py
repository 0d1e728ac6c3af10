"""Qt: windows, panels, menus, forms.

A widget shows state of the session and calls a verb or the active tool. It holds no truth of its own.
"""
