"""Each format from a small export, word for word."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from persona_tui.errors import UsageError, UserError
from persona_tui.importers.detect import Import
from tests.persona_tui.importers.helpers import (
    FIXTURES,
    chatgpt_conversation,
    read,
    turns,
    write_json,
)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("chatgpt.json", "chatgpt"),
        ("claude.json", "claude"),
        ("wildchat.jsonl", "wildchat"),
        ("sharegpt.json", "sharegpt"),
        ("openai.jsonl", "openai"),
        ("transcript.md", "markdown"),
        ("transcript.txt", "markdown"),
    ],
)
def test_the_format_is_detected(file: str, name: str) -> None:
    assert Import(FIXTURES / file).format == name


def test_chatgpt_takes_the_thread_in_force_and_only_what_was_said() -> None:
    drafts, skipped = read(FIXTURES / "chatgpt.json")
    assert skipped == []
    first, second = drafts
    assert turns(first) == [
        ("user", "I work as a nurse on night shifts. What can I eat at 3 am?"),
        ("assistant", "Yoghurt with nuts keeps you going."),
        (
            "user",
            "This is my lunch box. Is it too much?\n\n[image]\n\n[attachment: lunch.png]",
        ),
        ("assistant", "```python\nprint(300 + 250)\n```"),
        ("tool", "550"),
        ("assistant", "About 550 kcal: fine for a long night."),
        ("user", "I am allergic to peanuts, by the way."),
        ("assistant", "Then take pumpkin seeds."),
    ]
    assert first.external_id == "6632a0c0-1111-4222-8333-444455556666"
    assert (first.title, first.model) == ("Night shift meals", "gpt-4o")
    assert first.created_at == datetime.fromtimestamp(1714550400.25, UTC)
    assert first.messages[0].external_id == "u1"
    assert turns(second)[0] == ("user", "Ich habe einen kleinen Garten in Köln 🌱")


def test_claude_marks_attachments_as_pasted() -> None:
    drafts, skipped = read(FIXTURES / "claude.json")
    (draft,) = drafts
    user, assistant = turns(draft)
    assert user[1] == (
        "Please shorten this letter. I rent a flat in Lyon.\n\n"
        "````text\n[attachment: letter.txt]\nDear Sir, I have lived here since 1990.\n"
        "```\nnot the end\n```\n````\n\n[attachment: plan.pdf]"
    )
    assert assistant == ("assistant", "Let me look.\n\nHere it is.")
    assert [item.reason for item in skipped] == ["the conversation has no messages with text"]
    assert skipped[0].position.startswith("record 2 at byte ")


def test_claude_follows_the_last_branch(tmp_path: Path) -> None:
    def message(own: str, parent: str, sender: str) -> dict[str, object]:
        return {"uuid": own, "parent_message_uuid": parent, "sender": sender, "text": own}

    root = "00000000-0000-4000-8000-000000000000"
    messages = [
        message("q1", root, "human"),
        message("a1", "q1", "assistant"),
        message("q2", root, "human"),
        message("a2", "q2", "assistant"),
    ]
    path = write_json(tmp_path / "c.json", [{"uuid": "u", "chat_messages": messages}])
    assert [text for _, text in turns(read(path)[0][0])] == ["q2", "a2"]


def test_wildchat_tells_equal_hashes_apart() -> None:
    drafts, skipped = read(FIXTURES / "wildchat.jsonl")
    assert skipped == []
    assert len({draft.external_id for draft in drafts}) == 2
    assert (drafts[1].language, drafts[1].model) == ("Chinese", "gpt-4")
    assert drafts[0].created_at == datetime(2023, 4, 9, 0, 2, 53, tzinfo=UTC)


def test_sharegpt_and_openai() -> None:
    share, _ = read(FIXTURES / "sharegpt.json")
    assert turns(share[0]) == [
        ("system", "You are a helper."),
        ("user", "I bake bread every Sunday."),
        ("assistant", "Which flour?"),
    ]
    assert share[0].external_id != share[1].external_id
    openai, skipped = read(FIXTURES / "openai.jsonl")
    assert skipped == []
    assert turns(openai[1]) == [
        ("user", "My dog is ill.\n\n[image]"),
        ("tool", '{"open": true}'),
        ("assistant", "The vet is open."),
    ]
    assert openai[0].title == "I am learning Rust."


def test_markdown_keeps_to_the_style_of_the_first_heading() -> None:
    (draft,), skipped = read(FIXTURES / "transcript.md")
    assert skipped == []
    assert draft.title == "Planning the garden"
    assert turns(draft) == [
        (
            "user",
            (
                "I have a balcony in Porto. What grows there?\n\n"
                "User: this line is text, not a heading.\n\n"
                "```\n## Assistant\nis inside a fence\n```"
            ),
        ),
        ("assistant", "**Tomatoes**, and:\n\n### Herbs\n\n- basil"),
        ("user", "Thanks!"),
    ]


@pytest.mark.parametrize(
    ("user", "assistant"),
    [
        ("## User", "## Assistant"),
        ("### 👤 You said:", "### 🤖 ChatGPT said:"),
        ("**User:**", "**Assistant:**"),
        ("**You**", "**Claude 3.5 Sonnet**"),
        ("User:", "Assistant:"),
        ("Human:", "AI:"),
        ("## User (2024-05-01 10:00)", "## Assistant (2024-05-01 10:01)"),
        ("# 用户", "# 助手"),
        ("Benutzer:", "Assistent:"),
    ],
)
def test_markdown_headings(tmp_path: Path, user: str, assistant: str) -> None:
    path = tmp_path / "talk.md"
    path.write_text(f"{user}\nI keep bees.\n\n{assistant}\n\nLovely!\n", encoding="utf-8")
    (draft,), _ = read(path)
    assert turns(draft) == [("user", "I keep bees."), ("assistant", "Lovely!")]


def test_plain_text_transcript() -> None:
    (draft,), _ = read(FIXTURES / "transcript.txt")
    assert turns(draft)[0] == ("user", "I swim twice a week.\nIt helps my back.")
    assert len(draft.messages) == 4


def test_a_readme_is_no_transcript(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# User guide\n\nNote: read me.\n\n## User interface\n\nText\n")
    with pytest.raises(UserError, match=r"no format that can be imported.*chatgpt.*markdown"):
        read(path)
    drafts, skipped = read(path, "markdown")
    assert drafts == []
    assert "no heading says who speaks" in skipped[0].reason


def test_a_format_that_is_none() -> None:
    with pytest.raises(UsageError, match="the formats are chatgpt, claude"):
        Import(FIXTURES / "chatgpt.json", "word")


def test_ids_stay_when_a_chat_without_id_grows(tmp_path: Path) -> None:
    exchange = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Hello, what can I do?"},
    ]
    grown = [*exchange, {"role": "user", "content": "I play chess."}]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": exchange}) + "\n")
    before = read(path)[0][0].external_id
    path.write_text(json.dumps({"messages": grown}) + "\n")
    assert read(path)[0][0].external_id == before
    other = [exchange[0], {"role": "assistant", "content": "Good evening."}]
    path.write_text(json.dumps({"messages": other}) + "\n")
    assert read(path)[0][0].external_id != before


def test_equal_chats_in_one_file_are_two(tmp_path: Path) -> None:
    line = json.dumps({"messages": [{"role": "user", "content": "hi"}]}) + "\n"
    path = tmp_path / "a.jsonl"
    path.write_text(line * 3)
    ids = [draft.external_id for draft in read(path)[0]]
    assert len(set(ids)) == 3
    assert ids == [draft.external_id for draft in read(path)[0]]


def test_chatgpt_newest_leaf_where_current_node_is_missing(tmp_path: Path) -> None:
    conversation = chatgpt_conversation(1, ["a", "b", "c"])
    conversation["current_node"] = "gone"
    drafts, skipped = read(write_json(tmp_path / "c.json", [conversation]))
    assert [text for _, text in turns(drafts[0])] == ["a", "b", "c"]
    assert skipped == []


def test_chatgpt_cycles_and_missing_parents_are_told(tmp_path: Path) -> None:
    cyclic, orphan = chatgpt_conversation(1, ["a", "b", "c"]), chatgpt_conversation(2, ["x", "y"])
    mapping = cyclic["mapping"]
    assert isinstance(mapping, dict)
    mapping["n1-0"]["parent"] = "n1-2"
    other = orphan["mapping"]
    assert isinstance(other, dict)
    other["n2-1"]["parent"] = "nowhere"
    drafts, skipped = read(write_json(tmp_path / "c.json", [cyclic, orphan]))
    assert [text for _, text in turns(drafts[0])] == ["a", "b", "c"]
    assert [text for _, text in turns(drafts[1])] == ["y"]
    assert "circle" in skipped[0].reason
    assert "missing" in skipped[1].reason
