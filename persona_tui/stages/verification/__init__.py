"""Is an attribute right, and what is to be done if not: the personal verifier, and verify-and-refine."""
