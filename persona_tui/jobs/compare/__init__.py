"""Stage 3: pairs of answers, made ahead and judged blind."""
