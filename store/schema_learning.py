"""Migration 5: models that learned from the person, steps of verify-and-refine, and caches."""

from __future__ import annotations

STATEMENTS: list[str] = [
    # Nothing was learned before this version; a row by hand would hinder the index below.
    "DELETE FROM learned_models",
    # One of a kind is in use; the others are its history, kept for comparing and going back.
    "ALTER TABLE learned_models ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)",
    """ALTER TABLE learned_models ADD COLUMN in_use INTEGER NOT NULL DEFAULT 0
    CHECK (in_use IN (0, 1))""",
    "CREATE UNIQUE INDEX learned_models_in_use ON learned_models (kind) WHERE in_use = 1",
    "CREATE UNIQUE INDEX learned_models_version ON learned_models (kind, version)",
    # A refined attribute is an attribute like any other: nothing that is shown of it tells.
    "ALTER TABLE attributes ADD COLUMN refines TEXT REFERENCES attributes (attribute_id)",
    "CREATE INDEX attributes_refines ON attributes (refines) WHERE refines IS NOT NULL",
    # What was flagged, why, and what the extractor made of it: at most two rounds.
    """CREATE TABLE refinements (
    refinement_id TEXT PRIMARY KEY,
    attribute_id TEXT NOT NULL REFERENCES attributes (attribute_id),
    round INTEGER NOT NULL CHECK (round IN (1, 2)),
    created_at TEXT NOT NULL,
    learned_id TEXT NOT NULL,
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    reason TEXT NOT NULL,
    before_text TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('keep', 'weaken', 'correct', 'withdraw')),
    after_text TEXT,
    probability_after REAL CHECK (probability_after BETWEEN 0 AND 1),
    result_id TEXT REFERENCES attributes (attribute_id),
    run_id TEXT REFERENCES model_runs,
    CHECK ((action = 'withdraw') = (after_text IS NULL)),
    UNIQUE (attribute_id, learned_id, round)
) STRICT""",
    "CREATE INDEX refinements_result ON refinements (result_id) WHERE result_id IS NOT NULL",
    "CREATE INDEX refinements_run ON refinements (run_id) WHERE run_id IS NOT NULL",
    # Work that need not be done again after a restart. The key is a hash of everything that the
    # value depends on; forgetting anything empties both, for a hash tells what was guessed.
    """CREATE TABLE choice_cache (
    key TEXT PRIMARY KEY, scores TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE vector_cache (
    key TEXT PRIMARY KEY, vector BLOB NOT NULL, created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
]
