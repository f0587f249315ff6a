"""Ways to get shots drawn and scored: here, or elsewhere."""
