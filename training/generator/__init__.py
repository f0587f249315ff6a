"""The first embedded generator: a patch transformer in the Stable Diffusion 3 shape."""
