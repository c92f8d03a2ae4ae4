"""Attributes from messages: on command and in the background."""
