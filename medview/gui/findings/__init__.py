"""What models say beside masks: the list of findings, their scores, maps, derived images and curves. No masks."""
