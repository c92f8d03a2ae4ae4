"""One screen a file: a screen arranges widgets, calls jobs, saves to the store."""
