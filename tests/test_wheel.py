"""The built wheel, in a fresh environment: a missing package or data file shows here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the wheel; its ``bin`` directory.

    The dependencies are lent from the environment that runs the tests through a ``.pth`` file:
    compiling llama-cpp-python again would prove nothing. ``.pth`` files there are not followed, so
    the editable install of the checkout stays out and our four packages come from the wheel alone.
    """
    root = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(root), str(ROOT)],
        check=True,
    )
    (wheel,) = root.glob("persona_tui-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if "dist-info" not in top} == {
        "persona_tui",
        "widgets",
        "store",
        "models",
    }
    env = root / "env"
    venv.create(env, with_pip=True)
    python = env / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)],
        check=True,
    )
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    lent = sysconfig.get_paths()["purelib"]
    (Path(site) / "lent.pth").write_text(lent + "\n", encoding="utf-8")
    return env / "bin"


def _run(bin_dir: Path, cwd: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(bin_dir / "persona-tui"), *argv],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=240,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
        check=False,
    )


@pytest.mark.model
def test_the_wheel_imports_and_extracts(installed: Path, tmp_path: Path) -> None:
    where = _run(installed, tmp_path, "--version")
    assert where.returncode == 0, where.stderr
    chat = tmp_path / "chat.md"
    chat.write_text(
        "## User\n\nI work as a nurse on night shifts.\n\n## Assistant\n\nThat sounds hard.\n",
        encoding="utf-8",
    )
    done = _run(installed, tmp_path, "import", str(chat), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["conversations"]["added"] == 1
    # Extraction needs every data file: gate weights, vocabulary, guideline texts.
    done = _run(installed, tmp_path, "extract", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert rows[0]["evidence"][0]["quote"] in "I work as a nurse on night shifts."
    done = _run(installed, tmp_path, "doctor", "--json")
    assert json.loads(done.stdout)["ok"], done.stdout


def test_the_modules_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            str(installed / "python"),
            "-c",
            (
                "import persona_tui, widgets, store, models, persona_tui.app\n"
                "for m in (persona_tui, widgets, store, models): print(m.__file__)"
            ),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).is_relative_to(installed.parent)
