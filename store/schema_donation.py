"""Migration 4: donations, from the first draft to the withdrawal, and the words never to be given."""

from __future__ import annotations

STATEMENTS: list[str] = [
    # One life: draft, signed (cooling off), given, withdrawn. The token stays here; the bundle holds
    # its hash.
    """CREATE TABLE donations (
    donation_id TEXT PRIMARY KEY,
    status TEXT NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'signed', 'given', 'withdrawn')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    license TEXT NOT NULL,
    language TEXT,
    agreed TEXT NOT NULL DEFAULT '[]',
    consent_version TEXT,
    consent_sha256 TEXT,
    signed_at TEXT,
    release_at TEXT,
    bundle_name TEXT,
    manifest_sha256 TEXT,
    contributor_id TEXT,
    token TEXT,
    counts TEXT NOT NULL DEFAULT '{}',
    row_items TEXT NOT NULL DEFAULT '{}',
    destination TEXT,
    given_at TEXT,
    withdrawn_at TEXT,
    CHECK (status = 'draft' OR (manifest_sha256 IS NOT NULL AND token IS NOT NULL
        AND signed_at IS NOT NULL))
) STRICT""",
    "CREATE INDEX donations_status ON donations (status, updated_at)",
    # What was chosen. No row: not given, at no level.
    """CREATE TABLE donation_items (
    donation_id TEXT NOT NULL REFERENCES donations,
    kind TEXT NOT NULL CHECK (kind IN ('attribute', 'relevance', 'response')),
    item_id TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('labels', 'texts')),
    PRIMARY KEY (donation_id, kind, item_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX donation_items_item ON donation_items (item_id)",
    # Single judgments that are left out of items that were chosen.
    """CREATE TABLE donation_left_out (
    donation_id TEXT NOT NULL REFERENCES donations,
    judgment_id TEXT NOT NULL,
    PRIMARY KEY (donation_id, judgment_id)
) STRICT, WITHOUT ROWID""",
    # The last word of the person on what is redacted: spans of the text, never the words.
    """CREATE TABLE donation_edits (
    donation_id TEXT NOT NULL REFERENCES donations,
    place TEXT NOT NULL,
    start INTEGER NOT NULL CHECK (start >= 0),
    "end" INTEGER NOT NULL CHECK ("end" > start),
    action TEXT NOT NULL CHECK (action IN ('keep', 'redact')),
    kind TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    text_sha256 TEXT NOT NULL,
    PRIMARY KEY (donation_id, place, ordinal)
) STRICT, WITHOUT ROWID""",
    # Exactly what would leave: made when it is previewed, given as it is.
    """CREATE TABLE donation_files (
    donation_id TEXT NOT NULL REFERENCES donations,
    path TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (donation_id, path)
) STRICT""",
    """CREATE TABLE redaction_entries (
    text TEXT PRIMARY KEY, kind TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
]
