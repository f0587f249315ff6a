"""How the embedded models are made again from nothing."""
