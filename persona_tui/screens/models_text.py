"""What the Models screen says: rows, details, help."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from models.discovery import FoundEndpoint
from models.download import Progress
from persona_tui.jobs.models import ModelRow, TestResult, needed
from persona_tui.jobs.progress import size_text, time_text
from widgets.safe import plain, shorten

HELP = """\
Models answer you in Chat and infer attributes. Each row says where your words go: **this machine**,
or the name of a host elsewhere (marked with **!**).

- **Ready**: the starter model (comes with the app), models of your own, downloads.
- **Recommended downloads**: small models. ★ marks the one to begin with on this machine; then the
  most capable that *fits* in free memory first; *tight* needs other programs to give way. A
  download can be stopped and goes on later; its checksum is compared with the hub's.
- **Found on this machine**: Ollama, LM Studio, llama-server and vLLM are looked for when you open
  this screen, on this machine only.
- **Add**: a provider (OpenAI, OpenRouter, Anthropic, …), any OpenAI-compatible address, or a GGUF
  file of yours.

Enter or a click on the highlighted model does the first thing that the footer names; a click on
another one highlights it. Nothing is asked of a model before you use or test it.
"""

KIND_NAMES = {
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "llama-server": "llama-server",
    "vllm": "vLLM",
    "other": "a server",
}


@dataclass(frozen=True, slots=True)
class FoundModel:
    """One model of an endpoint that was found on this machine."""

    endpoint: FoundEndpoint
    model: str

    @property
    def option_id(self) -> str:
        return f"found:{self.endpoint.base_url} {self.model}"

    @property
    def short_name(self) -> str:
        """The model's name; of one that is named by its file, the file's."""
        if self.model.lower().endswith(".gguf"):
            return re.split(r"[/\\\\]", self.model[:-5])[-1] or self.model
        return self.model


def _cells(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells."""
    short = shorten(text, width)
    return short + " " * (width - cell_len(short))


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the list's columns, in cells. Marks (2) and gaps (2) stand beside them."""

    name: int
    where: int
    used: int

    @classmethod
    def fitting(cls, rows: Iterable[ModelRow], width: int) -> Columns:
        """So that hosts are told whole as far as possible, in lines of ``width`` cells."""
        listed = [row for row in rows if row.state in ("ready", "missing")]
        used = max((len(_used(row)) for row in listed), default=0)
        longest = max((cell_len(_where(row)) for row in listed), default=0)
        where = max(12, min(28, longest, width - 44))
        return cls(max(16, width - 2 - 2 - where - 2 - _SIZE - 2 - used), where, used)


_SIZE = 7
_TAIL = 2 + 9 + 2 + 12
"""Of a download: gap, what fits, gap, licence."""


def _where(row: ModelRow) -> str:
    if row.state == "missing":
        return "file is gone"
    return row.spec.where if row.spec.local else f"! {row.spec.where}"


def _used(row: ModelRow) -> str:
    return "+".join("extract" if task == "extraction" else task for task in row.used_for)


def heading(text: str, note: str = "", *, first: bool = False) -> Content:
    """A section's line, below an empty one."""
    return Content.assemble(
        "" if first else "\n", (text, "bold $foreground"), f"  {plain(note)}" if note else ""
    )


def row_line(row: ModelRow, progress: Progress | None, width: int, columns: Columns) -> Content:
    """One model in the list, ``width`` cells wide."""
    spec = row.spec
    mark = "●" if row.used_for else "★" if row.suggested else " "
    name = spec.name if spec.name == spec.ref or row.download else f"{spec.ref} · {spec.name}"
    if row.state in ("ready", "missing"):
        size = size_text(spec.size_bytes) if spec.size_bytes else ""
        return Content.assemble(
            f"{mark} ",
            (_cells(name, columns.name), "bold" if row.used_for else ""),
            f"  {_cells(_where(row), columns.where)}  ",
            (f"{size:>{_SIZE}}  ", "dim"),
            _used(row),
        )
    name_width = max(16, width - 2 - 2 - _SIZE - _TAIL)
    if progress is not None:
        share = progress.done * 100 // max(1, progress.total)
        tail = time_text(progress.seconds_left) or progress.note
        return Content.assemble(
            f"{mark} ", (_cells(name, name_width), "bold"), f"  {share:>{_SIZE - 2}} %  {tail}"
        )
    last = "partly here" if row.state == "partial" else spec.licence or ""
    if row.suggested and row.state == "download":
        last = "suggested"
    return Content.assemble(
        f"{mark} ",
        _cells(name, name_width),
        f"  {size_text(spec.size_bytes):>{_SIZE}}  ",
        (_cells(row.fit or "", 9), "$text-success" if row.fit == "fits" else "$text-warning"),
        (f"  {_cells(last, 12)}", "dim"),
    )


def found_line(found: FoundModel, width: int, columns: Columns) -> Content:
    """A model of a local endpoint."""
    name_width = max(16, width - 4 - columns.where - 2 - 12)
    kind = KIND_NAMES[found.endpoint.kind]
    return Content.assemble(
        f"  {_cells(found.short_name, name_width)}  {_cells('this machine', columns.where)}  ",
        (kind, "dim"),
    )


def found_details(found: FoundModel) -> Content:
    """The panel for a model of a local endpoint."""
    return Content("\n").join(
        [
            Content.styled(plain(found.short_name, one_line=True), "bold"),
            Content("What you write to it stays on this machine."),
            Content.styled(
                f"{KIND_NAMES[found.endpoint.kind]} at {plain(found.endpoint.base_url)}", "dim"
            ),
            Content("Enter adds it to your models."),
        ]
    )


def _bar(progress: Progress, width: int = 30) -> Content:
    full = min(width, progress.done * width // max(1, progress.total))
    return Content.assemble(("━" * full, "$primary"), ("┄" * (width - full), "dim"))


def row_details(
    row: ModelRow, progress: Progress | None, result: str = "", hub: str = ""
) -> Content:
    """The panel beside (or below) the list; ``hub`` is the host that downloads come from."""
    spec = row.spec
    lines: list[Content] = [Content.styled(plain(spec.name, one_line=True), "bold")]
    if spec.local:
        lines.append(Content("What you write to it stays on this machine."))
    else:
        lines.append(
            Content.assemble(
                ("! ", "bold $text-warning"),
                f"What you write to it leaves this machine: {plain(spec.where)}",
            )
        )
    facts = [f"{spec.parameters_b:g} billion parameters" if spec.parameters_b else ""]
    facts.append(f"context {spec.context_tokens:,} tokens" if spec.context_tokens else "")
    facts.append(spec.licence or "")
    if spec.size_bytes and row.fit:
        facts.append(f"needs up to {size_text(needed(spec))} of memory: {row.fit}")
    if spec.kind == "endpoint":
        facts.append(
            f"model {plain(spec.model or '', one_line=True)} at {plain(spec.base_url or '')}"
        )
        facts.append(f"key “{plain(spec.key_name)}”" if spec.key_name else "no key")
    lines.append(Content.styled(" · ".join(fact for fact in facts if fact), "dim"))
    if progress is not None:
        left = progress.note or time_text(progress.seconds_left)
        done = f"{size_text(progress.done)} of {size_text(progress.total)}"
        lines += [_bar(progress), Content(f"{done} from {plain(hub)}  {left}")]
        return Content("\n").join(lines)
    if row.suggested:
        lines.append(Content(f"★ {row.suggested}"))
    if row.download and row.download.note:
        lines.append(Content(row.download.note))
    if row.state == "missing":
        lines.append(Content.styled(f"There is no file at {spec.path} any more.", "$text-error"))
    if spec.source_url:
        lines.append(Content.styled(spec.source_url, "dim"))
    if row.state == "download":
        lines.append(Content(f"Enter fetches {size_text(spec.size_bytes)} from {plain(hub)}."))
    if row.state == "partial":
        here = size_text(row.fetched_bytes)
        lines.append(Content(f"{here} are here; Enter fetches the rest from {plain(hub)}."))
    if result:
        lines.append(Content(plain(result)))
    return Content("\n").join(lines)


def result_text(result: TestResult) -> str:
    """The figures of a test, in one line."""
    parts = [f"ready in {result.load_seconds:.1f} s"]
    if result.first_word_seconds is not None:
        parts.append(f"first word after {result.first_word_seconds:.1f} s")
    if result.tokens_per_second:
        parts.append(f"{result.tokens_per_second:.1f} tokens a second")
    return f"{', '.join(parts)} ({result.where})"
