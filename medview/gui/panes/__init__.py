"""What is painted: panes, the layers drawn in them, and the grid they lie in. No menus, no forms."""
