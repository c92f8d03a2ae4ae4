"""Reusable Textual widgets: given records, emit messages."""
