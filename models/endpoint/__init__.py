"""A model behind an OpenAI-compatible HTTP API.

:mod:`.backend` is the back end; :mod:`.sdk` the one file that imports ``openai``, when it connects.
"""

from models.endpoint.backend import EndpointBackend

__all__ = ["EndpointBackend"]
