"""Migration 3: what judging relevance and answers needs, planted items, and the synthetic foil."""

from __future__ import annotations

from store.schema_journal import JUDGMENT_CONTEXT, append_only


def _in_force(table: str, item: str) -> list[str]:
    """Views of the judgments that stand, that are in force, and of the repeats in force.

    A repeat stands beside what it repeats: neither supersedes the other.
    """
    return [
        f"""CREATE VIEW standing_{table} AS SELECT j.* FROM {table}_judgments j
        WHERE j.retracted = 0 AND NOT EXISTS (SELECT 1 FROM {table}_judgments r
            WHERE r.supersedes = j.judgment_id AND r.retracted = 1)""",  # noqa: S608
        f"""CREATE VIEW {table}_in_force AS SELECT j.* FROM standing_{table} j
        WHERE j.sampling <> 'repeat' AND NOT EXISTS (SELECT 1 FROM standing_{table} later
            WHERE {item} AND later.sampling <> 'repeat' AND later.seq > j.seq)""",  # noqa: S608
        f"""CREATE VIEW {table}_repeats AS SELECT j.* FROM standing_{table} j
        WHERE j.sampling = 'repeat' AND NOT EXISTS (SELECT 1 FROM standing_{table} later
            WHERE {item} AND later.repeat_of = j.repeat_of AND later.seq > j.seq)""",  # noqa: S608
    ]


STATEMENTS: list[str] = [
    "ALTER TABLE user_prompts ADD COLUMN topic TEXT",
    "ALTER TABLE user_prompts ADD COLUMN personal INTEGER CHECK (personal IN (0, 1))",
    "ALTER TABLE user_prompts ADD COLUMN bank_key TEXT",
    "ALTER TABLE user_prompts ADD COLUMN removed_at TEXT",
    # The text without what does not make another prompt of it: case and white space.
    "ALTER TABLE user_prompts ADD COLUMN text_sha256 TEXT",
    "CREATE UNIQUE INDEX user_prompts_text ON user_prompts (text_sha256)",
    """CREATE UNIQUE INDEX user_prompts_bank ON user_prompts (bank_key)
    WHERE bank_key IS NOT NULL""",
    # Stage 1: repeats stand beside what they repeat.
    "DROP VIEW hidden_attributes",
    "DROP VIEW judgments_in_force",
    """CREATE VIEW judgments_in_force AS SELECT j.* FROM standing_judgments j
    WHERE j.sampling <> 'repeat' AND NOT EXISTS (SELECT 1 FROM standing_judgments later
        WHERE later.attribute_id = j.attribute_id AND later.sampling <> 'repeat'
        AND later.seq > j.seq)""",
    """CREATE VIEW judgment_repeats AS SELECT j.* FROM standing_judgments j
    WHERE j.sampling = 'repeat' AND NOT EXISTS (SELECT 1 FROM standing_judgments later
        WHERE later.attribute_id = j.attribute_id AND later.repeat_of = j.repeat_of
        AND later.seq > j.seq)""",
    """CREATE VIEW hidden_attributes AS SELECT x.corrected_attribute_id AS attribute_id
    FROM attribute_judgments x WHERE x.corrected_attribute_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM judgments_in_force f
        WHERE f.corrected_attribute_id = x.corrected_attribute_id)
    UNION SELECT a.attribute_id FROM attributes a WHERE a.strategy = 'user' AND a.corrects IS NULL
    AND EXISTS (SELECT 1 FROM attribute_judgments j WHERE j.attribute_id = a.attribute_id)
    AND NOT EXISTS (SELECT 1 FROM standing_judgments j WHERE j.attribute_id = a.attribute_id)""",
    *_in_force(
        "relevance", "later.prompt_id = j.prompt_id AND later.attribute_id = j.attribute_id"
    ),
    # Stage 3.
    """ALTER TABLE response_pairs ADD COLUMN arm TEXT NOT NULL DEFAULT 'relevant'
    CHECK (arm IN ('relevant', 'all', 'model', 'personal', 'models'))""",
    """ALTER TABLE response_pairs ADD COLUMN shown_left TEXT NOT NULL DEFAULT 'generic'
    CHECK (shown_left IN ('generic', 'personalized'))""",
    """ALTER TABLE response_pairs ADD COLUMN sampling TEXT NOT NULL DEFAULT 'random'
    CHECK (sampling IN ('random', 'active', 'repeat', 'catch'))""",
    "ALTER TABLE response_pairs ADD COLUMN inclusion_prob REAL DEFAULT 1.0",
    "ALTER TABLE response_attributes ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0",
    # A span, never the words.
    """CREATE TABLE response_mentions (
    response_id TEXT NOT NULL REFERENCES responses,
    attribute_id TEXT NOT NULL REFERENCES attributes (attribute_id),
    start INTEGER NOT NULL CHECK (start >= 0),
    "end" INTEGER NOT NULL CHECK ("end" > start),
    how TEXT NOT NULL CHECK (how IN ('lexical', 'embedding')),
    score REAL NOT NULL,
    PRIMARY KEY (response_id, attribute_id, start)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX response_mentions_attribute ON response_mentions (attribute_id)",
    *_in_force("response", "later.pair_id = j.pair_id"),
    # Models: the same is never asked twice.
    "ALTER TABLE model_judgments ADD COLUMN probability REAL",
    "ALTER TABLE model_judgments ADD COLUMN flipped INTEGER CHECK (flipped IN (0, 1))",
    "ALTER TABLE model_judgments ADD COLUMN input_sha256 TEXT",
    """CREATE UNIQUE INDEX model_judgments_input
    ON model_judgments (kind, model_tag, input_sha256) WHERE input_sha256 IS NOT NULL""",
    # Planted false attributes: their words are from a fixed list, and never among the attributes.
    f"""CREATE TABLE catch_judgments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    judgment_id TEXT NOT NULL UNIQUE,
    catch_key TEXT NOT NULL,
    created_at TEXT NOT NULL,
    verdict TEXT CHECK (verdict IN ('ok', 'unsure', 'bad')),
    accurate INTEGER CHECK (accurate IN (0, 1)),
    supported INTEGER CHECK (supported IN (0, 1)),
    failure_mode TEXT CHECK (failure_mode IN ('overgeneralization', 'missing_evidence',
        'task_context_confusion', 'not_standalone', 'outdated', 'other')),
    use TEXT CHECK (use IN ('welcome', 'ask', 'never')),
    note TEXT,
    supersedes TEXT REFERENCES catch_judgments (judgment_id),
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted IN (0, 1)),
    {JUDGMENT_CONTEXT}
) STRICT""",
    "CREATE INDEX catch_judgments_key ON catch_judgments (catch_key, seq)",
    """CREATE INDEX catch_judgments_supersedes ON catch_judgments (supersedes)
    WHERE supersedes IS NOT NULL""",
    *append_only("catch_judgments"),
    """CREATE VIEW standing_catches AS SELECT j.* FROM catch_judgments j
    WHERE j.retracted = 0 AND NOT EXISTS (SELECT 1 FROM catch_judgments r
        WHERE r.supersedes = j.judgment_id AND r.retracted = 1)""",
    """CREATE VIEW catches_in_force AS SELECT j.* FROM standing_catches j
    WHERE NOT EXISTS (SELECT 1 FROM standing_catches later
        WHERE later.catch_key = j.catch_key AND later.seq > j.seq)""",
    # The synthetic foil: tables of its own, so that nothing about the person ever meets it.
    """CREATE TABLE synthetic_conversations (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations,
    persona_key TEXT NOT NULL,
    persona_sha256 TEXT NOT NULL,
    user_model TEXT NOT NULL,
    assistant_model TEXT NOT NULL,
    turns INTEGER NOT NULL,
    run_id TEXT REFERENCES model_runs,
    created_at TEXT NOT NULL
) STRICT""",
    """CREATE INDEX synthetic_conversations_run ON synthetic_conversations (run_id)
    WHERE run_id IS NOT NULL""",
    """CREATE TABLE synthetic_attributes (
    attribute_id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    model TEXT,
    run_id TEXT REFERENCES model_runs,
    created_at TEXT NOT NULL,
    evidence TEXT NOT NULL DEFAULT '[]',
    text TEXT NOT NULL,
    reason TEXT
) STRICT""",
    "CREATE INDEX synthetic_attributes_conversation ON synthetic_attributes (conversation_id)",
    """CREATE INDEX synthetic_attributes_run ON synthetic_attributes (run_id)
    WHERE run_id IS NOT NULL""",
    """CREATE TABLE synthetic_judgments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    judgment_id TEXT NOT NULL UNIQUE,
    attribute_id TEXT NOT NULL REFERENCES synthetic_attributes (attribute_id),
    rater TEXT NOT NULL CHECK (rater IN ('truth', 'person', 'model')),
    model_tag TEXT,
    created_at TEXT NOT NULL,
    verdict TEXT CHECK (verdict IN ('ok', 'unsure', 'bad')),
    failure_mode TEXT CHECK (failure_mode IN ('overgeneralization', 'missing_evidence',
        'task_context_confusion', 'not_standalone', 'outdated', 'other')),
    prompt_key TEXT,
    relevant INTEGER CHECK (relevant IN (0, 1)),
    probability REAL,
    context TEXT,
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted IN (0, 1))
) STRICT""",
    """CREATE INDEX synthetic_judgments_attribute
    ON synthetic_judgments (attribute_id, rater, model_tag, prompt_key, seq)""",
]
