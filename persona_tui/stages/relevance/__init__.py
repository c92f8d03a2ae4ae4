"""What models say of relevance: BM25, sentence embeddings, and an LLM through ``choose``."""
