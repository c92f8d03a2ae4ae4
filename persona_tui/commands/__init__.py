"""The verbs, one file each, imported when they are called."""
