"""The same questions to models."""
