"""The report as text, Markdown, JSON and HTML; nothing in it becomes markup."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.validate import validate
from persona_tui.commands.report import command
from persona_tui.report.as_json import as_json
from persona_tui.report.build import build_report
from persona_tui.report.html import as_html
from persona_tui.report.markdown import as_markdown
from persona_tui.report.model import Report
from persona_tui.report.text import as_text
from tests.persona_tui.report_data import empty, simulated

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> | [x](javascript:y) \x1b[31m \u202e **b** & \"'"


@pytest.fixture(scope="module")
def full() -> Report:
    return build_report(simulated(), now=NOW, app_version="1")


def test_every_figure_of_the_protocol_is_there(full: Report) -> None:
    keys = {one.key.split("[")[0] for one in full.figures}
    assert {
        "stage1.acceptance", "stage1.problems", "stage1.missed", "stage1.confidence_auroc",
        "stage1.confidence_brier", "stage1.verifier", "stage1.failure.overgeneralization",
        "stage2.yes_rate", "stage2.model_yes_rate", "stage2.over_selection", "stage2.precision",
        "stage2.recall", "stage2.f1", "stage2.kappa", "stage2.ac1",
        "stage3.rating", "stage3.no_better", "stage3.wins", "stage3.inflation", "stage3.spearman",
        "stage3.quadratic", "stage3.mention", "stage3.length",
        "stage3.win", "stage3.tie", "stage3.loss", "stage3.attribute_rating",
        "stage3.attribute_no_better", "stage3.judge_rating", "stage3.flips", "stage1.failure.none",
        "stage1.verifier.precision", "stage1.verifier.recall", "stage1.verifier.f2",
        "combined.acceptance", "combined.yes_rate", "combined.rating",
        "quality.retest.1", "quality.retest.2", "quality.retest.3", "quality.position",
        "quality.planted", "quality.identical", "foil.acceptance", "foil.acceptance_gap",
    } <= keys  # fmt: skip
    for one in full.figures:
        assert (one.value is None) == (one.missing is not None)
        assert one.method
        if one.value is not None:
            assert one.low is not None
            assert one.high is not None
            assert one.low - 1e-9 <= one.value <= one.high + 1e-9
            assert one.n > 0


def test_an_empty_journal_says_what_is_missing() -> None:
    report = build_report(empty(), now=NOW, app_version="1")
    assert all(one.missing for one in report.figures)
    said = as_text(report)
    assert "5 more judgments" in said
    assert "persona-tui judge" in said
    assert "<h1>" in as_html(report)


def test_kappa_is_hidden_below_thirty_and_provisional_below_fifty() -> None:
    for prompts, state in ((2, "missing"), (4, "provisional"), (10, "sure")):
        report = build_report(
            simulated(0, prompts, 10, 0, yes=0.4, over=1.5), now=NOW, app_version="1"
        )
        one = report.get("stage2.kappa[judge]")
        assert one is not None
        assert (one.value is None) == (state == "missing")
        assert one.provisional == (state == "provisional")


def test_json_is_exactly_what_is_documented(full: Report) -> None:
    data = json.loads(json.dumps(as_json(full)))
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
    validate(data, schema)
    nothing = build_report(empty(), now=NOW, app_version="1")
    validate(json.loads(json.dumps(as_json(nothing))), schema)
    assert data["schema"] == "persona-tui/report/1"
    for key, one in data["figures"].items():
        assert set(one) in ({"value", "low", "high", "n", "study"}, {"missing"}), key
    assert set(data["about"]) == set(data["figures"])


class Checker(HTMLParser):
    """Counts what must not be there, and whether tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "img", "object"):
            self.bad.append(tag)
        self.bad += [f"{k}={v}" for k, v in attrs if k.startswith("on")]
        self.bad += [
            str(v) for k, v in attrs if k in ("src", "href") and not str(v).startswith("#")
        ]
        if tag not in ("meta", "line", "circle", "rect", "polygon", "polyline", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed already."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"/{tag}")


def test_html_is_whole_and_needs_nothing_else(full: Report) -> None:
    page = as_html(full)
    checker = Checker()
    checker.feed(page)
    assert checker.bad == []
    assert checker.open == []
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page


def test_hostile_words_stay_words(full: Report) -> None:
    figures = tuple(
        replace(one, title=HOSTILE, sentence=HOSTILE, model_tag=HOSTILE) for one in full.figures
    )
    plots = tuple(replace(one, title=HOSTILE, labels=(HOSTILE,) * 9) for one in full.plots)
    report = replace(full, figures=figures, plots=plots, notes=(HOSTILE,))
    page = as_html(report)
    checker = Checker()
    checker.feed(page)
    assert checker.bad == []
    assert "<script" not in page
    assert "\x1b" not in page + as_text(report) + as_markdown(report)
    assert "<script>" not in as_markdown(report).replace("\\<", "")
    assert "\u202e" not in as_text(report)


def test_the_verb(home: Path, tmp_path: Path) -> None:
    def run(*args: str) -> str:
        result = CliRunner().invoke(command, list(args), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert "Not yet" in run()
    assert "How it is computed" in run("--method")
    assert json.loads(run("--json"))["schema"] == "persona-tui/report/1"
    assert run("--md").startswith("# ")
    path = tmp_path / "r.html"
    run("--html", "-o", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    refused = CliRunner().invoke(command, ["--html", "-o", str(path)])
    assert "--force" in str(refused.exception)
    run("--html", "-o", str(path), "--force")
