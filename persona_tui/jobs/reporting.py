"""Making the report: read on the thread that owns the journal, computed on another one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from persona_tui import __version__
from store import figures
from store.db import utc_now

if TYPE_CHECKING:
    from persona_tui.db import StoreThread
    from persona_tui.report.model import Report
    from store.audit import AuditData
    from store.db import Store


def compute(data: AuditData) -> Report:
    """The report of what was read."""
    from persona_tui.report.build import build_report  # numpy and scipy: half a second

    return build_report(data, now=utc_now(), app_version=__version__)


def report_now(store: Store) -> Report:
    """Read and compute, for a verb. Raises :class:`store.errors.StoreError`."""
    return compute(figures.read(store))


async def make_report(db: StoreThread) -> Report:
    """Read and compute without holding the event loop up.

    Raises :class:`store.errors.StoreError`.
    """
    data = await db.run(figures.read)
    return await asyncio.to_thread(compute, data)


def rendered(report: Report, form: str) -> str:
    """The report as ``html``, ``md`` or ``json``."""
    if form == "html":
        from persona_tui.report.html import as_html

        return as_html(report)
    if form == "md":
        from persona_tui.report.markdown import as_markdown

        return as_markdown(report)
    import json

    from persona_tui.report.as_json import as_json

    return json.dumps(as_json(report), indent=1, ensure_ascii=True) + "\n"
