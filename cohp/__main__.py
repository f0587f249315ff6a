"""Runs the command line as `python -m cohp`."""

from cohp.cli import main

main()
