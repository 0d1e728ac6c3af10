"""Measurements beside the images: the list, its menu, properties, plots and tables. Drawing them is in panes."""
