"""Stage 1: one attribute at a time, its queue, its steps and what they write."""
