"""Donating, from the first choice to the withdrawal."""
