"""What can go wrong with a model, in sentences that a person can act on."""


class ModelError(Exception):
    """A model could not do what was asked; ``str(error)`` is one sentence for the person."""


class ContextOverflowError(ModelError):
    """The prompt (with room for the answer) does not fit the context; nothing was truncated."""


class InterruptedAnswerError(ModelError):
    """The answer ended before it was complete; what had arrived before was yielded already."""


class InvalidOutputError(ModelError):
    """The model's output does not satisfy the schema, after the allowed attempts."""


class AuthenticationError(ModelError):
    """The endpoint wants a key, or refuses the one it got."""


class UnavailableError(ModelError):
    """The endpoint, the file or the worker cannot be reached now."""


class RateLimitedError(UnavailableError):
    """The endpoint asked us to slow down for longer than we wait."""


class UnsupportedError(ModelError):
    """This model cannot do this, natively or by the next best means."""
