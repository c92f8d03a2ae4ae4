"""The log file: private, without what the person wrote, and silent where it cannot be written."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from persona_tui.logs import record_crash, start_logging
from persona_tui.paths import Paths
from tests.helpers import mode_of


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Take our handler away again."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()


def test_a_crash_is_logged_without_its_words(paths: Paths) -> None:
    def crash(words: str) -> None:
        raise ValueError(words)

    with pytest.raises(ValueError, match="zqx") as caught:
        crash("".join(["zqx", "words"]))
    assert record_crash(caught.value) == paths.log
    logging.getLogger("somebody.else").error("it failed", exc_info=caught.value)
    written = paths.log.read_text()
    assert written.count("in crash") == 2
    assert "it failed" in written
    assert "zqxwords" not in written
    assert (mode_of(paths.log), mode_of(paths.log_dir)) == ("0600", "0700")


def test_where_no_log_can_be_written_nothing_is_said(
    paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.log_dir.parent.mkdir(parents=True)
    paths.log_dir.write_text("not a directory")
    start_logging()
    logging.getLogger("persona_tui").error("lost")
    assert capsys.readouterr() == ("", "")
