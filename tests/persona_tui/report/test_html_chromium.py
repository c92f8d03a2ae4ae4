"""The HTML report in a real browser, where there is one: nothing sticks out, light, dark, and printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from persona_tui.report.build import build_report
from persona_tui.report.html import as_html
from tests.persona_tui.report_data import simulated

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    BROWSER is None and "PERSONA_TUI_NEEDS_BROWSER" not in os.environ,
    reason="chromium is not installed here",
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MEASURE = """<script>document.title = [document.documentElement.scrollWidth, innerWidth,
getComputedStyle(document.body).backgroundColor, performance.getEntriesByType('resource').length,
document.querySelectorAll('svg').length].join('|')</script></body>"""


def chromium(profile: Path, *args: str) -> str:
    """What it wrote to standard output."""
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={profile}", *args],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def page() -> str:
    return as_html(
        build_report(simulated(), now=datetime(2026, 11, 24, tzinfo=UTC), app_version="1")
    )


def measured(page: str, tmp_path: Path, *args: str) -> list[str]:
    """Of a copy with a script in it (the page itself forbids them): widths, colour, resources."""
    copy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    path = tmp_path / "measured.html"
    path.write_text(copy.replace("</body>", MEASURE), "utf-8")
    found = chromium(tmp_path / "profile", *args, "--dump-dom", path.as_uri())
    title = re.search(r"<title>([^<]*\|[^<]*)</title>", found)
    assert title is not None
    return title[1].split("|")


@pytest.mark.parametrize("width", [1200, 500])
def test_nothing_sticks_out_and_nothing_is_fetched(page: str, tmp_path: Path, width: int) -> None:
    scroll, inner, _, resources, drawings = measured(page, tmp_path, f"--window-size={width},900")
    assert int(scroll) <= int(inner)
    assert resources == "0"
    assert int(drawings) > 20


def test_light_and_dark(page: str, tmp_path: Path) -> None:
    light = measured(page, tmp_path, "--blink-settings=preferredColorScheme=1")[2]
    dark = measured(page, tmp_path, "--blink-settings=preferredColorScheme=0")[2]
    assert sum(map(int, re.findall(r"\d+", light))) > 600
    assert sum(map(int, re.findall(r"\d+", dark))) < 200


def test_it_prints(page: str, tmp_path: Path) -> None:
    path, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    path.write_text(page, "utf-8")
    chromium(tmp_path / "profile", f"--print-to-pdf={printed}", path.as_uri())
    assert printed.read_bytes().startswith(b"%PDF")
    assert printed.stat().st_size > 20_000
