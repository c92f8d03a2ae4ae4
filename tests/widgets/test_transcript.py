"""The window of messages that is mounted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from textual.app import App, ComposeResult

from store.records import Message
from widgets.transcript import Transcript

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield Transcript(author=lambda _message: "You")


def message(number: int) -> Message:
    return Message(f"m{number}", "c", number, "user", f"text {number}", NOW)


async def test_scrolling_while_a_message_is_added_does_not_add_it_twice() -> None:
    app = Host()
    async with app.run_test() as pilot:
        transcript = app.query_one(Transcript)
        await transcript.show([])
        for number in range(3):
            adding = asyncio.create_task(transcript.append(message(number)))
            while not adding.done():
                transcript.want(1)
                await asyncio.sleep(0)
        await pilot.pause()
        assert [view.record.message_id for view in transcript.views()] == ["m0", "m1", "m2"]
