"""Many prompts: a file of them in, a run folder each out, and one page over all."""
