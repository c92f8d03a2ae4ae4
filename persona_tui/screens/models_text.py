"""What the Models screen says: rows, details, help."""

from __future__ import annotations

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
- **Recommended downloads**: small models, the most capable that *fits* in free memory first;
  *tight* needs other programs to give way. A download can be stopped and goes on later; its
  checksum is compared with the hub's.
- **Found on this machine**: Ollama, LM Studio, llama-server and vLLM are looked for when you open
  this screen, on this machine only.
- **Add**: a provider (OpenAI, OpenRouter, Anthropic, …), any OpenAI-compatible address, or a GGUF
  file of yours.

Enter does the first thing that the footer names. Nothing is asked of a model before you use or
test it.
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


def _cells(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells."""
    short = shorten(text, width)
    return short + " " * (width - cell_len(short))


def heading(text: str, note: str = "") -> Content:
    """A section's line."""
    return Content.assemble((f"{text} ", "bold"), (plain(note), "dim"))


def row_line(row: ModelRow, progress: Progress | None, width: int) -> Content:
    """One model in the list, ``width`` cells wide."""
    spec = row.spec
    name_width = max(20, width - 42)
    mark = "●" if row.used_for else " "
    name = spec.name if spec.name == spec.ref or row.download else f"{spec.ref} · {spec.name}"
    if progress is not None:
        share = progress.done * 100 // max(1, progress.total)
        tail = f"{share:>3} % {time_text(progress.seconds_left) or shorten(progress.note, 20)}"
        return Content.assemble(f"{mark} ", (_cells(name, name_width), "bold"), " ", tail)
    if row.state in ("ready", "missing"):
        size = size_text(spec.size_bytes) if spec.size_bytes else ""
        where = spec.where if spec.local else f"! {spec.where}"
        if row.state == "missing":
            where = "file is gone"
        used = "+".join("extract" if task == "extraction" else task for task in row.used_for)
        return Content.assemble(
            f"{mark} ",
            (_cells(name, name_width), "bold" if row.used_for else ""),
            f"{_cells(where, 19)} ",
            (f"{size:>7} ", "dim"),
            used,
        )
    fetched = "partly here" if row.state == "partial" else spec.licence or ""
    return Content.assemble(
        f"{mark} ",
        _cells(name, name_width),
        f"{size_text(spec.size_bytes):>8}  ",
        (f"{row.fit or '':<9} ", "$text-success" if row.fit == "fits" else "$text-warning"),
        (_cells(fetched, 13), "dim"),
    )


def found_line(found: FoundModel, width: int) -> Content:
    """A model of a local endpoint."""
    name_width = max(20, width - 42)
    kind = KIND_NAMES[found.endpoint.kind]
    return Content.assemble(
        "  ", _cells(found.model, name_width), ("this machine · ", ""), (kind, "dim")
    )


def row_details(row: ModelRow, progress: Progress | None, result: str = "") -> Content:
    """The panel beside (or below) the list."""
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
        facts.append(f"model {plain(spec.model or '', one_line=True)}")
        facts.append(f"key “{plain(spec.key_name)}”" if spec.key_name else "no key")
    lines.append(Content.styled(" · ".join(fact for fact in facts if fact), "dim"))
    if row.download and row.download.note:
        lines.append(Content(row.download.note))
    if row.state == "missing":
        lines.append(Content.styled(f"There is no file at {spec.path} any more.", "$text-error"))
    if row.state == "partial" and progress is None:
        lines.append(
            Content(f"{size_text(row.fetched_bytes)} are here; the download goes on there.")
        )
    if spec.source_url:
        lines.append(Content.styled(spec.source_url, "dim"))
    if progress is not None:
        left = progress.note or time_text(progress.seconds_left)
        lines.append(Content(f"{size_text(progress.done)} of {size_text(progress.total)}  {left}"))
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
