"""Take the README's picture: the Review screen over a story written for it, as SVG.

Usage: ``python scripts/picture.py OUT.svg [SCREEN [COLUMNS ROWS]]``; needs the starter model.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

STORY = """# Getting settled

## User

I moved to Lisbon in May and I am learning Portuguese. How do I greet a neighbour?

## Assistant

Say **bom dia** before noon.

## User

I work as a nurse on night shifts, and I have two daughters. What should I cook tonight?

## Assistant

Something that can wait for you in the oven:

1. *Caldo verde*, the soup of the north.
2. Roast vegetables with chickpeas.

```python
minutes = {"soup": 40, "vegetables": 55}
```

## User

I am vegetarian. I am allergic to peanuts. I love hiking in the mountains.

## Assistant

Then the vegetables it is.
"""


async def take(mode: str, size: tuple[int, int]) -> str:
    """The screen as SVG."""
    from persona_tui.app import PersonaApp
    from persona_tui.jobs.extraction.extracting import extract
    from persona_tui.jobs.importing import import_path
    from persona_tui.paths import default_paths
    from store.conversations import list_all
    from store.db import open_store

    paths = default_paths()
    story = paths.data_dir / "getting-settled.md"
    with open_store(paths.database) as store:
        story.write_text(STORY, encoding="utf-8")
        for _ in import_path(store, story):
            pass
        (conversation,) = list_all(store)
    app = PersonaApp(start_mode=mode)
    app.ui_state.welcomed = True
    async with app.run_test(size=size) as pilot:
        await app.ready.wait()
        async for _ in extract(app.db, app.backends.get("starter"), app.embedder, app.settings):
            pass
        app.open_conversation(conversation.conversation_id)
        app.go(mode)
        await pilot.pause(1)
        app.screen.reload()  # type: ignore[attr-defined]
        await pilot.pause(1)
        if mode == "review":
            for key in ("a", "e"):
                await pilot.press(key)
                await pilot.pause(0.5)
        svg = app.export_screenshot()
    # Without it a renderer drops the spaces at the ends of styled spans.
    return svg.replace("<text ", '<text xml:space="preserve" ')


def main() -> None:
    out = Path(sys.argv[1])
    mode = sys.argv[2] if len(sys.argv) > 2 else "review"
    columns, rows = map(int, sys.argv[3:5] or (100, 30))
    with tempfile.TemporaryDirectory() as home:
        os.environ["PERSONA_TUI_HOME"] = home
        out.write_text(asyncio.run(take(mode, (columns, rows))), encoding="utf-8")


if __name__ == "__main__":
    main()
