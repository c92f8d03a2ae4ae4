"""LLM judges: a model answers the questions that the person was asked, in the same words."""
