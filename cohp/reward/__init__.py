"""Reward models: the protocol, and one file per model."""
