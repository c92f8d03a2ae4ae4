"""The words a person is asked with. Every judgment names them by hash.

A change of one word is another guideline: judgments given under different words are told apart by
:attr:`Guideline.sha256`, and the store keeps the text to each hash. The captions on the screen, the
line mode and the help are all made from this one object, so what is hashed is what is read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from store.records import FailureMode, Use, Verdict


@dataclass(frozen=True)
class Guideline:
    """Stage 1, the questions about one attribute. Labels are what the bar shows, meanings what the
    help says."""

    version: str
    question: str
    """Above every attribute."""
    verdicts: tuple[tuple[Verdict, str], ...]
    """The study's three labels, with what each means here."""
    why: str
    failures: tuple[tuple[FailureMode, str, str], ...]
    """Failure mode, short label, meaning; the place in the tuple is the digit (1, 2, …)."""
    accurate: str
    supported: str
    uses: tuple[tuple[Use, str], ...]
    correct: str
    missed: str

    @cached_property
    def text(self) -> str:
        """The whole guideline as one plain text: what is hashed and kept."""
        lines = [f"Review guideline, version {self.version}", "", self.question]
        lines += [f"  {verdict}: {meaning}" for verdict, meaning in self.verdicts]
        lines += ["", self.why]
        lines += [
            f"  {digit} {label}: {meaning}"
            for digit, (_, label, meaning) in enumerate(self.failures, 1)
        ]
        lines += ["", f"true of me? {self.accurate}", f"shown by my words? {self.supported}"]
        lines += ["", "Use:"]
        lines += [f"  {use}: {meaning}" for use, meaning in self.uses]
        lines += ["", f"Correct: {self.correct}", f"Missed: {self.missed}"]
        return "\n".join(lines) + "\n"

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def failure_label(self, mode: FailureMode) -> str:
        return next(label for known, label, _ in self.failures if known == mode)


GUIDELINE = Guideline(
    version="1",
    question="Does this make sense as a statement about you?",
    verdicts=(
        ("ok", "it makes sense: true of you, or a fair thing to conclude"),
        ("unsure", "maybe: only partly true, too strong, or you cannot tell"),
        ("bad", "it does not make sense: false, or nothing you said leads there"),
    ),
    why="What is wrong with it?",
    failures=(
        (
            "overgeneralization",
            "too general",
            "one remark or one occasion was made into a lasting trait",
        ),
        ("missing_evidence", "no evidence", "nothing you said shows it"),
        (
            "task_context_confusion",
            "task, not me",
            "it was about the task: a text, a role, another person, not you",
        ),
        ("not_standalone", "unclear alone", "it cannot be understood without the conversation"),
        ("outdated", "outdated", "it was true once and is not any more"),
        ("other", "other", "something else"),
    ),
    accurate="is it true of you today, whatever you said in the chat?",
    supported="do the quoted words show it, whether or not it is true?",
    uses=(
        ("welcome", "an assistant may use it whenever it helps"),
        ("ask", "only when you ask for it"),
        ("never", "never: it is not put into any prompt again"),
    ),
    correct="say it as it should be; your sentence takes the place of this one.",
    missed="say something that your chats show and the model did not notice.",
)
"""The guideline in force."""
