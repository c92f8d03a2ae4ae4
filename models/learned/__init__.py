"""Models that learn from the person: fitted on this machine, kept as JSON."""
