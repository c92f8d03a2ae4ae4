"""persona-tui: audit what chatbots infer about you."""

__version__ = "0.1.0"
