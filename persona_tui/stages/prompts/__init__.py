"""Prompts to ask about: the bank, the person's own openings, files."""
