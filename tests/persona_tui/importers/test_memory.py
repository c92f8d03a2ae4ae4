"""Large exports in little memory, in a process whose address space is limited."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.persona_tui.importers.helpers import chatgpt_conversation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is kept on Linux only")

_CHILD = """
import json, resource, sys
from pathlib import Path
from persona_tui.importers.base import Skipped
from persona_tui.importers.detect import Import
limit = int(sys.argv[2]) << 20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
titles, skipped = [], []
for item in Import(Path(sys.argv[1])):
    if isinstance(item, Skipped):
        skipped.append([item.position, item.reason])
    else:
        titles.append([item.title, len(item.messages)])
for heavy in ("numpy", "textual", "llama_cpp", "pyarrow", "pydantic"):
    assert heavy not in sys.modules, heavy
print(json.dumps([titles, skipped]))
"""


def _import(path: Path, megabytes: int) -> tuple[list[list[object]], list[list[str]]]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), str(megabytes)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    titles, skipped = json.loads(done.stdout)
    return titles, skipped


def _write(path: Path, large: str, repeat: int) -> None:
    """Three talks; in the second one a message of ``repeat`` times ``large``."""
    first, second, third = (chatgpt_conversation(n, ["I row.", "Fine."]) for n in range(3))
    mapping = second["mapping"]
    assert isinstance(mapping, dict)
    mapping["n1-1"]["message"]["content"]["parts"] = ["@@"]
    before, after = json.dumps([first, second, third]).split("@@")
    with path.open("w") as file:
        file.write(before)
        for _ in range(repeat):
            file.write(large)
        file.write(after)


def test_a_message_of_100_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    _write(path, "x\\n" * 1000, 34_000)
    titles, skipped = _import(path, 200)
    assert titles == [["Talk 0", 2], ["Talk 1", 1], ["Talk 2", 2]]
    ((position, reason),) = skipped
    assert position.startswith("record 2 at byte ")
    assert position.endswith(", message n1-1")
    assert reason.startswith("the message has 102,000,000 characters")


def test_a_conversation_of_100_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    _write(path, '", "' + "y" * 1000, 100_000)
    titles, skipped = _import(path, 250)
    assert titles == [["Talk 0", 2], ["Talk 2", 2]]
    assert "characters; the limit is 32,000,000" in skipped[0][1]


def test_an_export_of_200_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    talk = json.dumps(chatgpt_conversation(0, ["I like rowing. " * 4000] * 20))
    with path.open("w") as file:
        file.write("[")
        for number in range(170):
            file.write(talk.replace("4000-8000-000000000000", f"4000-8000-{number:012d}") + ",")
        file.write("null]")
    titles, skipped = _import(path, 150)
    assert len(titles) == 170
    assert [reason for _, reason in skipped] == ["a conversation must be a JSON object"]
