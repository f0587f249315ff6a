"""Memory as a budget: what each model takes, what there is, and who is held where. No torch."""
