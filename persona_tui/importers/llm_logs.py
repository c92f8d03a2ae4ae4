"""The log database of the ``llm`` command line tool, in its three shapes.

* newest: ``threads`` point at the tip of a chain of content-addressed ``messages`` (linked by
  ``parent_hash``), each with ``parts``; ``turns`` say which model made which tip, and when.
* older: ``conversations`` and ``responses(prompt, system, response, conversation_id, datetime_utc)``.
* oldest: one table ``logs(prompt, system, response, chat_id, …)``.

The first two stand side by side in a database that was migrated: a conversation that has a thread
is read from there. Fragments (files given with ``-f``) are marked as pasted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.importers.base import MAX_CONVERSATION_MESSAGES, MAX_MESSAGE_CHARS, Read, Sample
from persona_tui.importers.base import Skipped as Skip
from persona_tui.importers.drafts import Building, Identities, finish, stable_id
from persona_tui.importers.source import Opened
from persona_tui.importers.values import (
    attachment_line,
    identifier,
    mapping,
    pasted,
    role_of,
    sequence,
    string,
    time_of,
)
from store.errors import StoreError
from store.records import Source

if TYPE_CHECKING:
    from store.foreign import ForeignDatabase

SQLITE_MAGIC = b"SQLite format 3\x00"
Turn = tuple[object, object]  # model, datetime_utc


class LlmImporter:
    """Reads one ``logs.db``."""

    name: Source = "llm"

    def __init__(self, identities: Identities | None = None) -> None:
        self._ids = identities or Identities()

    def sniff(self, sample: Sample) -> float:
        return 0.9 if sample.head.startswith(SQLITE_MAGIC) else 0.0

    def read(self, opened: Opened) -> Iterator[Read]:
        from store.foreign import open_foreign

        if opened.path is None:
            raise UserError(f"{opened.name} is inside a zip; unpack the database first.")
        try:
            with open_foreign(opened.path) as database:
                yield from _Reader(database, opened, self._ids).all()
        except StoreError as error:
            raise UserError(f"{opened.name} cannot be read: {str(error).rstrip('.')}.") from error


class _Reader:
    def __init__(self, database: ForeignDatabase, opened: Opened, ids: Identities) -> None:
        self._db = database
        self._opened = opened
        self._ids = ids
        self._tables = set(database.tables())
        self._done = 0
        self._total = 1

    def all(self) -> Iterator[Read]:
        newest = {"threads", "messages", "parts"} <= self._tables
        older = "responses" in self._tables
        oldest = bool(self._tables & {"logs", "log"})
        if not (newest or older or oldest):
            raise UserError(
                f"{self._opened.name} is an SQLite database, but not a log of the llm tool "
                "(no tables 'threads', 'responses' or 'logs')."
            )
        for table in ("threads", "responses", "logs", "log"):
            if table in self._tables:
                self._total += int(str(self._one(f"SELECT count(*) FROM {table}") or 0))  # noqa: S608
        readers = []
        if newest:
            readers.append(self._threads())
        if older:
            readers.append(self._responses())
        if oldest:
            readers.append(self._logs("logs" if "logs" in self._tables else "log"))
        for reader in readers:
            try:
                yield from reader
            except StoreError as error:
                yield Skip(self._opened.name, f"reading stopped here: {str(error).rstrip('.')}")

    def _one(self, sql: str, *params: object) -> object:
        return next((row[0] for row in self._db.rows(sql, params)), None)

    def _advance(self, rows: int = 1) -> None:
        self._done += rows
        self._opened.bytes_done = min(
            self._opened.bytes_total, self._opened.bytes_total * self._done // self._total
        )

    # --- newest -----------------------------------------------------------------------------

    def _threads(self) -> Iterator[Read]:
        sql = "SELECT id, name, tip_message_hash, datetime_utc FROM threads ORDER BY rowid"
        for thread_id, name, tip, created in list(self._db.rows(sql, ())):
            self._advance()
            given = identifier(thread_id)
            building = Building(f"thread {given or '?'}")
            if tip is None and "responses" in self._tables:
                continue  # made ready by the tool, never used; or it is among the responses
            if given is None or not self._ids.claim(given):
                yield Skip(building.position, "its id is missing or was read before")
                continue
            try:
                self._chain(building, tip, self._turns(thread_id))
            except StoreError as error:
                building.skip("", f"it cannot be read: {str(error).rstrip('.')}")
            yield from finish(building, "llm", given, title=name, created_at=time_of(created))

    def _turns(self, thread_id: object) -> dict[object, Turn]:
        sql = (
            "SELECT tip_message_hash, coalesce(resolved_model, model), datetime_utc FROM turns "
            "WHERE thread_id = ?"
        )
        if "turns" not in self._tables:
            return {}
        return {tip: (model, when) for tip, model, when in self._db.rows(sql, (thread_id,))}

    def _chain(self, building: Building, tip: object, turns: dict[object, Turn]) -> None:
        chain: list[tuple[object, object, Turn]] = []
        seen: set[object] = set()
        turn: Turn = (None, None)
        here = tip
        while here is not None:
            if here in seen or len(chain) > MAX_CONVERSATION_MESSAGES:
                building.skip("", "the messages go round in a circle; kept each of them once")
                break
            seen.add(here)
            row = next(
                self._db.rows("SELECT parent_hash, role FROM messages WHERE hash = ?", (here,)),
                None,
            )
            if row is None:
                building.skip("", f"the message {str(here)[:80]} is missing; kept what follows")
                break
            turn = turns.get(here, turn)
            chain.append((here, row[1], turn))
            here = row[0]
        for own, role_name, (model, when) in reversed(chain):
            role = role_of(role_name)
            where = f"message {str(own)[:80]}"
            if role is None:
                building.skip(where, "it does not say whether the user or the assistant wrote it")
                continue
            texts, extra = self._parts(own, typed=role == "user")
            building.add(
                where,
                role,
                texts,
                extra=extra,
                created_at=time_of(when),
                model=identifier(model) if role == "assistant" else None,
                external_id=identifier(own),
            )

    def _parts(self, message: object, *, typed: bool) -> tuple[list[str], list[str]]:
        said: list[str] = []
        along: list[str] = []
        sql = (
            f"SELECT type, {_limited('text')}, {_limited('payload')} FROM parts "  # noqa: S608
            "WHERE message_hash = ? ORDER BY position"
        )
        for kind, text, payload in self._db.rows(sql, (message,)):
            details = _json(payload)
            if kind == "text" and text is not None:
                said.append(string(text))
            elif kind == "text":
                for item in sequence(details.get("text_ref")):
                    piece = mapping(item)
                    if "fragment" in piece:
                        content = string(self._fragment(piece["fragment"]))
                        if content:
                            (along if typed else said).append(
                                pasted("fragment", content) if typed else content
                            )
                    else:
                        said.append(string(piece.get("literal")).strip("\n"))
            elif kind == "tool_result":
                said.append(string(details.get("output")))
            elif kind == "attachment":
                along.append(attachment_line(kind))
        return said, along

    def _fragment(self, fragment_id: object) -> object:
        if not isinstance(fragment_id, int):
            return None
        sql = f"SELECT {_limited('content')} FROM fragments WHERE id = ?"  # noqa: S608
        return self._one(sql, fragment_id)

    # --- older ------------------------------------------------------------------------------

    def _responses(self) -> Iterator[Read]:
        named = "conversations" in self._tables
        sql = (
            "SELECT coalesce(r.conversation_id, r.id), r.id, r.model, r.datetime_utc, "  # noqa: S608
            f"{_limited('r.prompt')}, {_limited('r.system')}, {_limited('r.response')}, "
            f"{'c.name' if named else 'NULL'} FROM responses r "
            f"{'LEFT JOIN conversations c ON c.id = r.conversation_id ' if named else ''}"
            "ORDER BY 1, r.datetime_utc, r.id"
        )
        for key, rows in groupby(self._db.rows(sql, ()), key=itemgetter(0)):
            given = identifier(key)
            building = Building(f"conversation {given or '?'}")
            title: object = None
            known = given is not None and self._ids.claim(given)
            system = ""
            for _, own, model, when, prompt, instructions, answer, name in rows:
                self._advance()
                if not known:
                    continue
                title = name
                if (text := string(instructions)) and text != system:
                    system = text
                    building.add(f"response {own}", "system", text, created_at=time_of(when))
                self._exchange(building, own, model, when, prompt, answer)
            if given is None:
                yield Skip(building.position, "its id is missing")
            elif known:
                yield from finish(building, "llm", given, title=title)

    def _exchange(
        self, building: Building, own: object, model: object, when: object, *texts: object
    ) -> None:
        prompt, answer = texts
        response_id = identifier(own)
        created = time_of(when)
        building.add(
            f"prompt of {response_id}",
            "user",
            string(prompt),
            extra=self._along(own),
            created_at=created,
            external_id=f"{response_id}:prompt" if response_id else None,
        )
        building.add(
            f"response {response_id}",
            "assistant",
            string(answer),
            created_at=created,
            model=identifier(model),
            external_id=f"{response_id}:response" if response_id else None,
        )

    def _along(self, response_id: object) -> list[str]:
        along: list[str] = []
        if {"prompt_fragments", "fragments"} <= self._tables:
            sql = (
                f"SELECT f.source, {_limited('f.content')} FROM prompt_fragments p "  # noqa: S608
                'JOIN fragments f ON f.id = p.fragment_id WHERE p.response_id = ? ORDER BY p."order"'
            )
            for source, content in self._db.rows(sql, (response_id,)):
                along.append(pasted(source or "fragment", string(content)))
        if {"prompt_attachments", "attachments"} <= self._tables:
            sql = (
                "SELECT coalesce(a.path, a.url, a.type) FROM prompt_attachments p "
                "JOIN attachments a ON a.id = p.attachment_id WHERE p.response_id = ? "
                'ORDER BY p."order"'
            )
            along += [attachment_line(row[0]) for row in self._db.rows(sql, (response_id,))]
        return along

    # --- oldest -----------------------------------------------------------------------------

    def _logs(self, table: str) -> Iterator[Read]:
        columns = set(self._db.columns(table))
        when = next((c for c in ("datetime_utc", "timestamp_utc", "timestamp") if c in columns), "")
        chat = "coalesce(chat_id, id)" if "chat_id" in columns else "id"
        if not {"id", "prompt", "response"} <= columns:
            yield Skip(f"table {table}", "it has not the columns of an llm log")
            return
        sql = (
            f"SELECT {chat}, id, {'model' if 'model' in columns else 'NULL'}, {when or 'NULL'}, "  # noqa: S608
            f"{_limited('prompt')}, {_limited('response')} FROM {table} ORDER BY 1, id"
        )
        for key, rows in groupby(self._db.rows(sql, ()), key=itemgetter(0)):
            building = Building(f"chat {identifier(key) or '?'}")
            for _, own, model, created, prompt, answer in rows:
                self._advance()
                response_id = identifier(own)
                building.add("prompt", "user", string(prompt), created_at=time_of(created))
                building.add(
                    f"response {response_id}",
                    "assistant",
                    string(answer),
                    created_at=time_of(created),
                    model=identifier(model),
                )
            external_id = self._ids.numbered(stable_id(key, building.messages))
            yield from finish(building, "llm", external_id)


def _limited(column: str) -> str:
    """SQL for a text that must not reach us if it is over the limit: then its length does."""
    return (
        f"CASE WHEN length({column}) > {MAX_MESSAGE_CHARS} "
        f"THEN char(0) || 'oversized:' || length({column}) ELSE {column} END"
    )


def _json(value: object) -> dict[str, object]:
    try:
        return mapping(json.loads(value)) if isinstance(value, str) else {}
    except (ValueError, RecursionError):
        return {}
