"""Migration 2: prompts, responses and the judgments of stages 2 and 3, judges, learned models."""

from __future__ import annotations

from store.schema_journal import JUDGMENT_CONTEXT, append_only

STATEMENTS: list[str] = [
    """CREATE TABLE user_prompts (
    prompt_id TEXT PRIMARY KEY,
    origin TEXT NOT NULL CHECK (origin IN ('bank', 'user', 'message')),
    source_message_id TEXT REFERENCES messages (message_id),
    language TEXT,
    created_at TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT""",
    """CREATE INDEX user_prompts_message ON user_prompts (source_message_id)
    WHERE source_message_id IS NOT NULL""",
    f"""CREATE TABLE relevance_judgments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    judgment_id TEXT NOT NULL UNIQUE,
    prompt_id TEXT NOT NULL REFERENCES user_prompts,
    attribute_id TEXT NOT NULL REFERENCES attributes (attribute_id),
    created_at TEXT NOT NULL,
    relevant INTEGER CHECK (relevant IN (0, 1)),
    relevance_level TEXT CHECK (relevance_level IN
        ('explicit', 'implicit', 'optional', 'unnecessary', 'forbidden')),
    note TEXT,
    supersedes TEXT REFERENCES relevance_judgments (judgment_id),
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted IN (0, 1)),
    {JUDGMENT_CONTEXT}
) STRICT""",
    "CREATE INDEX relevance_judgments_pair ON relevance_judgments (prompt_id, attribute_id, seq)",
    "CREATE INDEX relevance_judgments_attribute ON relevance_judgments (attribute_id)",
    """CREATE INDEX relevance_judgments_supersedes ON relevance_judgments (supersedes)
    WHERE supersedes IS NOT NULL""",
    *append_only("relevance_judgments"),
    """CREATE TABLE responses (
    response_id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES user_prompts,
    personalized INTEGER NOT NULL CHECK (personalized IN (0, 1)),
    model_tag TEXT NOT NULL,
    run_id TEXT REFERENCES model_runs,
    explicit_mention INTEGER CHECK (explicit_mention IN (0, 1)),
    created_at TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT""",
    "CREATE INDEX responses_prompt ON responses (prompt_id)",
    "CREATE INDEX responses_run ON responses (run_id) WHERE run_id IS NOT NULL",
    """CREATE TABLE response_attributes (
    response_id TEXT NOT NULL REFERENCES responses,
    attribute_id TEXT NOT NULL REFERENCES attributes (attribute_id),
    PRIMARY KEY (response_id, attribute_id)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX response_attributes_attribute ON response_attributes (attribute_id)",
    """CREATE TABLE response_pairs (
    pair_id TEXT PRIMARY KEY,
    prompt_id TEXT NOT NULL REFERENCES user_prompts,
    generic_id TEXT NOT NULL REFERENCES responses (response_id),
    personalized_id TEXT NOT NULL REFERENCES responses (response_id),
    created_at TEXT NOT NULL
) STRICT""",
    "CREATE INDEX response_pairs_prompt ON response_pairs (prompt_id)",
    "CREATE INDEX response_pairs_generic ON response_pairs (generic_id)",
    "CREATE INDEX response_pairs_personalized ON response_pairs (personalized_id)",
    # raw_rating: 1 left much better ... 5 right much better, as it was given.
    # rating: re-oriented, 5 = personalized much better. Both null: cannot judge.
    f"""CREATE TABLE response_judgments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    judgment_id TEXT NOT NULL UNIQUE,
    pair_id TEXT NOT NULL REFERENCES response_pairs,
    created_at TEXT NOT NULL,
    shown_left TEXT NOT NULL CHECK (shown_left IN ('generic', 'personalized')),
    blinded INTEGER NOT NULL DEFAULT 1 CHECK (blinded IN (0, 1)),
    raw_rating INTEGER CHECK (raw_rating BETWEEN 1 AND 5),
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    attribute_ratings TEXT NOT NULL DEFAULT '{{}}',
    explicit_mention INTEGER CHECK (explicit_mention IN (0, 1)),
    len_generic INTEGER,
    len_personalized INTEGER,
    note TEXT,
    supersedes TEXT REFERENCES response_judgments (judgment_id),
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted IN (0, 1)),
    {JUDGMENT_CONTEXT},
    CHECK (rating IS CASE shown_left WHEN 'generic' THEN raw_rating ELSE 6 - raw_rating END)
) STRICT""",
    "CREATE INDEX response_judgments_pair ON response_judgments (pair_id, seq)",
    """CREATE INDEX response_judgments_supersedes ON response_judgments (supersedes)
    WHERE supersedes IS NOT NULL""",
    *append_only("response_judgments"),
    # What LLM judges said; never shown before the person has judged.
    """CREATE TABLE model_judgments (
    judgment_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('attribute', 'relevance', 'response')),
    target_judgment_id TEXT,
    attribute_id TEXT REFERENCES attributes (attribute_id),
    prompt_id TEXT REFERENCES user_prompts,
    pair_id TEXT REFERENCES response_pairs,
    model_tag TEXT NOT NULL,
    run_id TEXT REFERENCES model_runs,
    verdict TEXT CHECK (verdict IN ('ok', 'unsure', 'bad')),
    relevant INTEGER CHECK (relevant IN (0, 1)),
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    detail TEXT NOT NULL DEFAULT '{}',
    prompt_sha256 TEXT NOT NULL,
    temperature REAL,
    created_at TEXT NOT NULL,
    CHECK ((kind = 'attribute' AND attribute_id IS NOT NULL)
        OR (kind = 'relevance' AND attribute_id IS NOT NULL AND prompt_id IS NOT NULL)
        OR (kind = 'response' AND pair_id IS NOT NULL))
) STRICT""",
    "CREATE INDEX model_judgments_attribute ON model_judgments (attribute_id)",
    "CREATE INDEX model_judgments_prompt ON model_judgments (prompt_id)",
    "CREATE INDEX model_judgments_pair ON model_judgments (pair_id)",
    "CREATE INDEX model_judgments_run ON model_judgments (run_id) WHERE run_id IS NOT NULL",
    # Coefficients as JSON, never pickles.
    """CREATE TABLE learned_models (
    learned_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('verifier', 'relevance', 'reward')),
    created_at TEXT NOT NULL,
    app_version TEXT NOT NULL,
    trained_on TEXT NOT NULL,
    metrics TEXT NOT NULL DEFAULT '{}',
    coefficients TEXT NOT NULL
) STRICT""",
]
