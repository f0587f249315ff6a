"""A judge of pictures that no generator and no reward ever learns from."""
