"""The server: run folders behind HTTP, in its own words and in those that clients speak already."""
