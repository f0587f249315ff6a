"""The run folder: journal, images, latents, metadata."""
