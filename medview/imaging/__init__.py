"""Arithmetic on arrays and geometry: pure functions, nothing remembered.

Belongs here: window and level, orientation letters, surfaces of masks, statistics, synthetic phantoms. Does not belong
here: files, VTK, Qt, torch, threads.
"""
