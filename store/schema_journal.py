"""Migration 1: conversations, messages, runs, attributes and their judgments, as statements.

Long texts stand last in their row, so that the other columns are read without them.
Times are ISO 8601 text in UTC; ids are UUIDv7 text; ``n`` is the row number that full-text search
refers to. No index on what is only matched within one conversation.
"""

from __future__ import annotations

JUDGMENT_CONTEXT = """
    guideline_sha256 TEXT NOT NULL,
    app_version TEXT NOT NULL,
    shown TEXT NOT NULL DEFAULT '{}',
    model_hidden INTEGER NOT NULL DEFAULT 1 CHECK (model_hidden IN (0, 1)),
    sampling TEXT NOT NULL DEFAULT 'random'
        CHECK (sampling IN ('random', 'active', 'repeat', 'catch')),
    inclusion_prob REAL,
    latency_ms INTEGER,
    repeat_of TEXT
"""
"""How an item was asked: the same columns on the judgments of every stage."""


def append_only(table: str) -> list[str]:
    """Triggers that refuse to change or delete a judgment, except while forgetting."""
    return [
        f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        WHEN NOT EXISTS (SELECT 1 FROM forgetting_now)
        BEGIN SELECT RAISE(ABORT, 'judgments are append-only'); END"""  # noqa: S608
        for verb in ("UPDATE", "DELETE")
    ]


STATEMENTS: list[str] = [
    """CREATE TABLE settings_kv (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE backups (path TEXT PRIMARY KEY, created_at TEXT NOT NULL) STRICT""",
    # A row stands here only inside the transaction that forgets.
    """CREATE TABLE forgetting_now (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT""",
    """CREATE TABLE prompts (sha256 TEXT PRIMARY KEY, created_at TEXT NOT NULL, text TEXT NOT NULL)
    STRICT""",
    """CREATE TABLE model_runs (
    run_id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL
        CHECK (purpose IN ('chat', 'extract', 'choose', 'embed', 'respond', 'judge')),
    model TEXT NOT NULL,
    backend TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    parameters TEXT NOT NULL DEFAULT '{}',
    app_version TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    strategy TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost_usd REAL,
    status TEXT NOT NULL
        CHECK (status IN ('running', 'complete', 'cancelled', 'interrupted', 'failed')),
    note TEXT
) STRICT""",
    "CREATE INDEX model_runs_prompt ON model_runs (prompt_sha256)",
    """CREATE TABLE conversations (
    conversation_id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    external_id TEXT,
    title TEXT NOT NULL,
    title_by_user INTEGER NOT NULL DEFAULT 0 CHECK (title_by_user IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    content_sha256 TEXT,
    model TEXT,
    language TEXT,
    UNIQUE (source, external_id)
) STRICT""",
    "CREATE INDEX conversations_updated ON conversations (updated_at)",
    """CREATE TABLE messages (
    n INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations,
    position INTEGER NOT NULL CHECK (position >= 0),
    role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant', 'tool')),
    created_at TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('complete', 'interrupted')),
    model TEXT,
    external_id TEXT,
    run_id TEXT REFERENCES model_runs,
    superseded_at TEXT,
    imported INTEGER NOT NULL DEFAULT 0 CHECK (imported IN (0, 1)),
    text TEXT NOT NULL
) STRICT""",
    """CREATE INDEX messages_conversation
    ON messages (conversation_id, superseded_at, position)""",
    "CREATE INDEX messages_run ON messages (run_id) WHERE run_id IS NOT NULL",
    """CREATE TABLE extraction_settings (
    settings_id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE
) STRICT""",
    # WITHOUT ROWID columns stand in the order of the key: quick_check of SQLite 3.40 (Debian 12)
    # reads them in that order and would report damage where there is none.
    """CREATE TABLE extractions (
    n INTEGER NOT NULL REFERENCES messages,
    settings_id INTEGER NOT NULL REFERENCES extraction_settings,
    PRIMARY KEY (n, settings_id)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE attributes (
    n INTEGER PRIMARY KEY,
    attribute_id TEXT NOT NULL UNIQUE,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    strategy TEXT NOT NULL CHECK (strategy IN ('grounded', 'holistic', 'user')),
    created_at TEXT NOT NULL,
    run_id TEXT REFERENCES model_runs,
    language TEXT,
    category TEXT,
    corrects TEXT REFERENCES attributes (attribute_id),
    representative TEXT,
    text TEXT NOT NULL
) STRICT""",
    "CREATE INDEX attributes_run ON attributes (run_id) WHERE run_id IS NOT NULL",
    "CREATE INDEX attributes_corrects ON attributes (corrects) WHERE corrects IS NOT NULL",
    """CREATE TABLE candidates (
    candidate_id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations,
    attribute_id TEXT REFERENCES attributes (attribute_id),
    settings_id INTEGER NOT NULL REFERENCES extraction_settings,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    strategy TEXT NOT NULL CHECK (strategy IN ('grounded', 'holistic', 'user')),
    run_id TEXT REFERENCES model_runs,
    created_at TEXT NOT NULL,
    text TEXT NOT NULL,
    reason TEXT
) STRICT""",
    "CREATE INDEX candidates_attribute ON candidates (attribute_id)",
    "CREATE INDEX candidates_conversation ON candidates (conversation_id)",
    "CREATE INDEX candidates_run ON candidates (run_id) WHERE run_id IS NOT NULL",
    # A span, never the words: the quote is read from the message.
    """CREATE TABLE candidate_evidence (
    candidate_id TEXT NOT NULL REFERENCES candidates,
    ordinal INTEGER NOT NULL,
    message_id TEXT NOT NULL REFERENCES messages (message_id),
    start INTEGER NOT NULL CHECK (start >= 0),
    "end" INTEGER NOT NULL CHECK ("end" > start),
    PRIMARY KEY (candidate_id, ordinal)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX candidate_evidence_message ON candidate_evidence (message_id)",
    """CREATE TABLE attribute_evidence (
    attribute_id TEXT NOT NULL REFERENCES attributes (attribute_id),
    ordinal INTEGER NOT NULL,
    message_id TEXT NOT NULL REFERENCES messages (message_id),
    start INTEGER NOT NULL CHECK (start >= 0),
    "end" INTEGER NOT NULL CHECK ("end" > start),
    PRIMARY KEY (attribute_id, ordinal)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX attribute_evidence_message ON attribute_evidence (message_id)",
    f"""CREATE TABLE attribute_judgments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    judgment_id TEXT NOT NULL UNIQUE,
    attribute_id TEXT NOT NULL REFERENCES attributes (attribute_id),
    created_at TEXT NOT NULL,
    verdict TEXT CHECK (verdict IN ('ok', 'unsure', 'bad')),
    accurate INTEGER CHECK (accurate IN (0, 1)),
    supported INTEGER CHECK (supported IN (0, 1)),
    failure_mode TEXT CHECK (failure_mode IN ('overgeneralization', 'missing_evidence',
        'task_context_confusion', 'not_standalone', 'outdated', 'other')),
    use TEXT CHECK (use IN ('welcome', 'ask', 'never')),
    note TEXT,
    corrected_attribute_id TEXT REFERENCES attributes (attribute_id),
    supersedes TEXT REFERENCES attribute_judgments (judgment_id),
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted IN (0, 1)),
    {JUDGMENT_CONTEXT}
) STRICT""",
    "CREATE INDEX attribute_judgments_attribute ON attribute_judgments (attribute_id, seq)",
    """CREATE INDEX attribute_judgments_supersedes ON attribute_judgments (supersedes)
    WHERE supersedes IS NOT NULL""",
    """CREATE INDEX attribute_judgments_corrected ON attribute_judgments (corrected_attribute_id)
    WHERE corrected_attribute_id IS NOT NULL""",
    *append_only("attribute_judgments"),
    # Taken back = a retracting row supersedes it. The newest one that is not taken back is in
    # force: taking back a change of mind brings the earlier judgment into force again.
    """CREATE VIEW standing_judgments AS SELECT j.* FROM attribute_judgments j
    WHERE j.retracted = 0 AND NOT EXISTS (SELECT 1 FROM attribute_judgments r
        WHERE r.supersedes = j.judgment_id AND r.retracted = 1)""",
    """CREATE VIEW judgments_in_force AS SELECT j.* FROM standing_judgments j
    WHERE NOT EXISTS (SELECT 1 FROM standing_judgments later
        WHERE later.attribute_id = j.attribute_id AND later.seq > j.seq)""",
    # A correction stands while a judgment that made it is in force; what the person added, while a
    # judgment of theirs on it is: taking that back takes it back.
    """CREATE VIEW hidden_attributes AS SELECT x.corrected_attribute_id AS attribute_id
    FROM attribute_judgments x WHERE x.corrected_attribute_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM judgments_in_force f
        WHERE f.corrected_attribute_id = x.corrected_attribute_id)
    UNION SELECT a.attribute_id FROM attributes a WHERE a.strategy = 'user' AND a.corrects IS NULL
    AND EXISTS (SELECT 1 FROM attribute_judgments j WHERE j.attribute_id = a.attribute_id)
    AND NOT EXISTS (SELECT 1 FROM standing_judgments j WHERE j.attribute_id = a.attribute_id)""",
    """CREATE VIRTUAL TABLE messages_fts USING fts5 (
    text, content = '', tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co So'"
)""",
    """CREATE VIRTUAL TABLE attributes_fts USING fts5 (
    text, content = '', tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co So'"
)""",
]
