"""One format a file, each a generator of conversations."""
