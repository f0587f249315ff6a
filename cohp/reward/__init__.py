"""Reward models: the protocol, and one file per model."""

from __future__ import annotations

from cohp import registry
from cohp.reward.base import Reward


def load(name: str) -> Reward:
    """Load the reward called `name`."""
    reward: Reward = registry.find("reward", name)()
    return reward
