"""Small models of the person's own, which learn from their judgments on this machine."""
