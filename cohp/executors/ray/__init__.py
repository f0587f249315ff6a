"""Draws and scores on a Ray cluster: workers that hold models, workers that judge; an extra."""
