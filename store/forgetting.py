"""Forgetting: a conversation, an attribute, a prompt, everything; no byte stays in the journal.

What a person may expect of it:

- A forgotten conversation takes with it its messages in every version, what was inferred from
  them, the judgments on attributes that rested only on it, the corrections of those attributes
  (they say the same thing better), prompts taken from it with their answers, and the model runs
  that served nothing else.
- An attribute that rests on other conversations, too, stays. If its words came from the forgotten
  one it takes those of a remaining source, and what was judged on the old words goes; else the
  judgments stay, with the forgotten words blacked out in what they say was shown.
- What was made of an attribute by verify-and-refine goes with it, and with any of the words that the
  extractor was shown: what it says may be from any of them.
- Synthetic conversations that a model played from the person's own profile go with any attribute,
  and with any conversation that an attribute rests on: they say the profile in other words.
- What was prepared for giving goes, and signatures with it: a donation that was not given yet has to
  be previewed and signed again. What was given before is with others; the ledger says where.
- Models learned from judgments that are gone are removed; they can be trained again.
- Backups are other files: they are named, not touched.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from store import backup, candidates, conversations, erasing, settings, user_prompts
from store.attributes import get as get_attribute
from store.db import Store
from store.erasing import BLACKED_OUT, Gone
from store.erasing_refinements import black_out_steps, originals_of, refined_of, words_of
from store.faults import guarded


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went, and what could not be reached."""

    conversations: int = 0
    messages: int = 0
    attributes: int = 0
    judgments: int = 0
    played: int = 0
    """Synthetic conversations that went along, because they were played from the profile."""
    backups_remaining: tuple[Path, ...] = ()
    """Copies of the journal that still hold what was forgotten here."""
    complete: bool = True
    """Whether the bytes are gone from the file and its log, too."""
    note: str | None = None
    """If not complete: why, and what to do."""


@guarded
def forget_conversation(store: Store, conversation_id: str) -> Forgotten:
    """Forget one conversation (see the module).

    :raises NotFoundError: there is no such conversation.
    """
    gone = Gone()
    with store.write() as conn:
        found = conversations.get(store, conversation_id)
        erasing.allow(conn)
        key = found.conversation_id
        gone.phrases.add(found.title)
        message_ids = {
            row[0]
            for row in conn.execute(
                "SELECT message_id FROM messages WHERE conversation_id = ?", (key,)
            )
        }
        affected = erasing.remove_candidates(conn, "conversation_id", key, gone)
        affected |= _remove_own_evidence(conn, key)
        erasing.remove_prompts(conn, erasing.prompts_from(conn, message_ids), gone)
        _rebase(conn, affected, gone)
        if affected:
            erasing.remove_played(conn, gone)
        erasing.remove_messages(conn, key, gone)
        erasing.remove_runs(conn, gone)
        erasing.black_out(conn, gone)
        erasing.done(conn)
    return _finished(store, gone, conversations=1)


def _remove_own_evidence(conn: sqlite3.Connection, conversation_id: str) -> set[str]:
    """Take the quotes of person-written attributes from this conversation away; whose they were."""
    inside = "message_id IN (SELECT message_id FROM messages WHERE conversation_id = ?)"
    rows = conn.execute(
        f"SELECT DISTINCT attribute_id FROM attribute_evidence WHERE {inside}",  # noqa: S608
        (conversation_id,),
    ).fetchall()
    conn.execute(f"DELETE FROM attribute_evidence WHERE {inside}", (conversation_id,))  # noqa: S608
    return {row[0] for row in rows}


def _rebase(conn: sqlite3.Connection, affected: set[str], gone: Gone) -> None:
    """Let affected attributes rest on what remains; remove those that rest on nothing."""
    originals = affected | originals_of(conn, affected)
    groundless = refined_of(conn, originals)
    gone.phrases |= words_of(conn, originals)
    black_out_steps(conn, originals, BLACKED_OUT)
    for attribute_id in affected - groundless:
        text, strategy, representative = conn.execute(
            "SELECT text, strategy, representative FROM attributes WHERE attribute_id = ?",
            (attribute_id,),
        ).fetchone()
        rest = conn.execute(
            "SELECT candidate_id, text FROM candidates WHERE attribute_id = ?"
            " ORDER BY candidate_id = ? DESC, text = ? DESC, confidence DESC, candidate_id",
            (attribute_id, representative, text),
        ).fetchone()
        if strategy == "user":
            own = conn.execute(
                "SELECT 1 FROM attribute_evidence WHERE attribute_id = ?", (attribute_id,)
            ).fetchone()
            if rest is None and own is None:
                groundless.add(attribute_id)
        elif rest is None:
            groundless.add(attribute_id)
        elif rest[1] != text:
            gone.phrases.add(text)
            corrections = erasing.corrections_of(conn, {attribute_id})
            erasing.remove_judgments(conn, {attribute_id}, gone)
            erasing.remove_attributes(conn, corrections, gone)
            candidates.set_words(conn, attribute_id, rest[0])
        elif rest[0] != representative:
            candidates.set_words(conn, attribute_id, rest[0])
    erasing.remove_attributes(conn, groundless, gone)
    gone.touched |= affected - gone.attributes


@guarded
def forget_attribute(store: Store, attribute_id: str) -> Forgotten:
    """Forget one attribute with its candidates, judgments, corrections and answers that used it.

    The conversations stay, and are not extracted from again with the same settings.

    :raises NotFoundError: there is no such attribute.
    """
    gone = Gone()
    with store.write() as conn:
        found = get_attribute(store, attribute_id)
        erasing.allow(conn)
        erasing.remove_attributes(conn, {found.attribute_id}, gone)
        erasing.remove_played(conn, gone)
        erasing.remove_runs(conn, gone)
        erasing.black_out(conn, gone)
        erasing.done(conn)
    return _finished(store, gone)


@guarded
def forget_prompt(store: Store, prompt_id: str) -> Forgotten:
    """Forget one prompt with what was judged on it, its answers and their comparisons.

    One of the bank, whose words are not the person's, stays as a removed one, or it would come back.
    The opening that one was taken from stays in its conversation, and is not drawn again.

    :raises NotFoundError: there is no such prompt.
    """
    gone = Gone()
    with store.write() as conn:
        found = user_prompts.get(store, prompt_id)
        erasing.allow(conn)
        erasing.remove_prompts(conn, {found.prompt_id}, gone)
        if found.source_message_id is not None:
            kept = (settings.get(store, user_prompts.NOT_DRAWN) or "").split()
            settings.put(store, user_prompts.NOT_DRAWN, " ".join([*kept, found.source_message_id]))
        if found.bank_key is not None:
            again = user_prompts.add(
                store, found.text, origin=found.origin, topic=found.topic, personal=found.personal,
                bank_key=found.bank_key, language=found.language,
            )  # fmt: skip
            user_prompts.remove(store, again.prompt_id)
            gone.phrases.discard(found.text)
        erasing.remove_runs(conn, gone)
        erasing.black_out(conn, gone)
        erasing.done(conn)
    return _finished(store, gone)


_TABLES = (
    "donation_files", "donation_edits", "donation_left_out", "donation_items", "donations", "redaction_entries",
    "choice_cache", "vector_cache", "refinements", "learned_models", "synthetic_judgments", "synthetic_attributes", "synthetic_conversations",
    "catch_judgments", "response_mentions", "model_judgments", "response_judgments", "relevance_judgments",
    "response_pairs", "response_attributes", "responses", "user_prompts", "attribute_judgments",
    "attribute_evidence", "candidate_evidence", "candidates", "attributes", "extractions",
    "extraction_settings", "messages", "conversations", "model_runs", "prompts", "settings_kv",
)  # fmt: skip
"""Everything that a person put in or that was made of it, children before parents."""


@guarded
def forget_everything(store: Store) -> Forgotten:
    """Empty the journal. It stays usable."""
    counts: dict[str, int] = {}
    with store.write() as conn:
        erasing.allow(conn)
        conn.execute("PRAGMA defer_foreign_keys = ON")  # rows of one table refer to each other
        for table in _TABLES:
            counts[table] = conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            conn.execute(f"DELETE FROM {table}")  # noqa: S608
        for index in ("messages_fts", "attributes_fts"):
            conn.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608
        erasing.done(conn)
    gone = Gone(messages=counts["messages"])
    gone.judgments = sum(
        counts[f"{kind}_judgments"] for kind in ("attribute", "relevance", "response")
    )
    return _finished(
        store, gone, conversations=counts["conversations"], attributes=counts["attributes"]
    )


def _finished(
    store: Store, gone: Gone, *, conversations: int = 0, attributes: int | None = None
) -> Forgotten:
    note = erasing.scrub(store.conn)
    backup.sweep(store)
    return Forgotten(
        conversations,
        gone.messages,
        len(gone.attributes) if attributes is None else attributes,
        gone.judgments,
        gone.played,
        tuple(backup.known(store)),
        note is None,
        note,
    )
