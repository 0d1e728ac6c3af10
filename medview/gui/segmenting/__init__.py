"""The panel of models and segments."""
