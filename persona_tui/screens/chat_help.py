"""The help of the chat screen."""

HELP = """
Talk with a model. Your words are saved before the model is asked, its answer while it is written.
At the side appears what is **inferred** about you, each attribute with the words it rests on;
choose one to see them in the conversation. Whether it is right you say in Review (F3).

**Writing.** Enter sends; Ctrl+J (or Shift+Enter, where the terminal knows it) begins a new line.
Up in an empty box brings back what you sent before. An unsent draft is kept.

**While the model writes**, Esc stops it and keeps the part. You can scroll, read and type on.

**Messages.** Esc in an idle box goes to the messages: Up and Down move, **c** copies, **b** copies
a code block, **e** edits one of yours and asks again, **r** asks for another answer, **v** shows
earlier versions. Nothing that you replace is lost.

**Personalized chat** (Ctrl+T, off at first) tells the model, with each message, those attributes of
yours that your relevance model finds relevant for it: accepted ones only, never what must never be used
or what is only for when you ask. Under the answer stands what it knew; **u** at the answer says why, and
takes your no: *not for this* leaves it out when the same words are answered again and teaches your
relevance model; *never again* keeps it from every answer until you allow it in Review. A model that is not on this machine is told nothing
before you agreed to that.

**The line above the box** says how many tokens of the model's context the conversation fills. When
it does not fit any more, you are told how many of the last messages the model still sees.
"""
