"""SQLite: the records (the nouns), migrations, one module a noun, search, backup, forgetting."""
