"""Everything that predicts: back ends, the worker, the catalogue, secrets, embeddings."""
