"""What the importers' tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlite_utils
from llm import Fragment
from llm.logs import LogStore

from persona_tui.errors import UserError
from persona_tui.importers.base import Skipped
from persona_tui.importers.detect import Import
from persona_tui.jobs.importing import ImportReport, import_path
from store.db import Store
from store.records import ConversationDraft

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports"


def read(path: Path, name: str | None = None) -> tuple[list[ConversationDraft], list[Skipped]]:
    """Everything at a path: the conversations, and what was skipped."""
    drafts: list[ConversationDraft] = []
    skipped: list[Skipped] = []
    for item in Import(path, name):
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            drafts.append(item)
    return drafts, skipped


def told(path: Path, name: str | None = None) -> list[str]:
    """What a person is told about a path: reasons of skipping, or the one sentence of refusal."""
    try:
        return [item.reason for item in read(path, name)[1]]
    except UserError as error:
        return [str(error)]


def imported(store: Store, path: Path, name: str | None = None) -> ImportReport:
    """Import a path and return the report."""
    last = None
    for last in import_path(store, path, format=name):  # noqa: B007 - the last one is wanted
        pass
    assert last is not None
    assert last.report is not None
    return last.report


def log_store(db: sqlite_utils.Database) -> Any:
    """llm's own writer of its newest kind of database (untyped there)."""
    make: Any = LogStore
    return make(db)


def fragment(text: str, source: str) -> Any:
    """A file given to llm with ``-f``."""
    make: Any = Fragment
    return make(text, source)


def turns(draft: ConversationDraft) -> list[tuple[str, str]]:
    """Role and text of each message."""
    return [(message.role, message.text) for message in draft.messages]


def chatgpt_conversation(number: int, texts: list[str]) -> dict[str, object]:
    """A minimal ChatGPT conversation: user and assistant in turn."""
    mapping: dict[str, object] = {"root": {"id": "root", "parent": None, "message": None}}
    parent = "root"
    for index, text in enumerate(texts):
        node = f"n{number}-{index}"
        mapping[node] = {
            "id": node,
            "parent": parent,
            "message": {
                "id": node,
                "author": {"role": "assistant" if index % 2 else "user"},
                "create_time": 1_700_000_000 + index,
                "content": {"content_type": "text", "parts": [text]},
            },
        }
        parent = node
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "title": f"Talk {number}",
        "mapping": mapping,
        "current_node": parent,
    }


def write_json(path: Path, value: object) -> Path:
    """Write a value as JSON."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
