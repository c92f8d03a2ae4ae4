"""Stage 2: one prompt with attributes, its queue, its steps, and what models say beside it."""
