"""``persona-tui pool``: options, sentences, and that it stays light until it runs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from persona_tui.commands.pool import command
from persona_tui.errors import UsageError, UserError
from tests.persona_tui.pool.bundles import donor_rows, write_bundles


def test_it_says_what_it_did(tmp_path: Path) -> None:
    write_bundles(donor_rows(6), tmp_path / "in")
    (tmp_path / "in/broken.zip").write_bytes(b"no zip")
    done = CliRunner().invoke(command, [str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Pooled 6 donations; left out: 1 refused." in done.output
    assert "broken.zip is refused" in done.output
    assert (tmp_path / "out/report.html").exists()


def test_one_donor_is_told_that_all_is_held_back(tmp_path: Path) -> None:
    write_bundles(donor_rows(1), tmp_path / "in")
    done = CliRunner().invoke(command, [str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Every figure is held back, because fewer than 5 donors share it" in done.output


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--master", "local[1]"], "--engine spark"), (["--epsilon", "1", "--texts"], "no tables")],
)
def test_options_that_do_not_go_together(tmp_path: Path, more: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        command.main([str(tmp_path), "--out", str(tmp_path / "o"), *more], standalone_mode=False)


def test_without_the_extra_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "ibis" else real(name, *a)
    )
    with pytest.raises(UserError, match=r"\.\[pool\]"):
        command.main([str(tmp_path), "--out", str(tmp_path / "o")], standalone_mode=False)


def test_help_imports_nothing_of_it() -> None:
    probe = (
        "import sys\nfrom persona_tui.cli import main\n"
        "try:\n    main(['pool', '--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit(bool({'ibis', 'duckdb', 'pyarrow', 'pyspark', 'opendp', 'numpy', 'pandas'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    assert done.returncode == 0
