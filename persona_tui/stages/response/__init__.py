"""Stage 3: a generic and a personalized answer to the same prompt, and where the second one mentions
what it was told."""
