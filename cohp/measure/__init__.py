"""Images that exist already: found, given their prompts, scored, ranked, compared."""
