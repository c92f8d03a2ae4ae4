"""``persona-tui report``."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from persona_tui.commands.report import command
from persona_tui.errors import UsageError
from persona_tui.paths import Paths


def run(*args: str) -> Result:
    return CliRunner().invoke(command, args)


@pytest.mark.parametrize("forms", [("--html", "--md"), ("--md", "--json"), ("--html", "--json")])
def test_two_forms_at_once_are_refused(paths: Paths, forms: tuple[str, str]) -> None:
    refused = run(*forms)
    assert isinstance(refused.exception, UsageError)
    assert "--html, --md or --json" in str(refused.exception)
    assert refused.output == ""


def test_each_form_is_written_to_a_file_of_ones_own(paths: Paths, tmp_path: Path) -> None:
    for form, beginning in (("--html", "<!doctype html"), ("--md", "# "), ("--json", "{")):
        target = tmp_path / f"report{form}"
        done = run(form, "--output", str(target))
        assert done.exception is None
        assert target.read_text("utf-8").lower().startswith(beginning)
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        assert isinstance(run(form, "--output", str(target)).exception, UsageError)
    assert json.loads(run("--json").output)["figures"]
