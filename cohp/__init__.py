"""CoHP makes any text-to-image model show its best."""
