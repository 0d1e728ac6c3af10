"""Images sorted into studies, series and stacks, with geometry, place on a 4-D axis and geometry guard."""
