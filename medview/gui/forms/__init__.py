"""Small windows that ask for something and are closed: spacing, presets, corner text, planes, preferences."""
