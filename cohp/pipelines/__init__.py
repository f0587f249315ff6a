"""Image generators: the protocol, and one file per kind."""
