"""What can go wrong with the journal, in sentences that a person can act on."""


class StoreError(Exception):
    """The store could not do what was asked; ``str(error)`` is one sentence for the person."""


class NewerDatabaseError(StoreError):
    """The file was written by a newer version; it was not touched."""


class ReadOnlyError(StoreError):
    """The file or its directory cannot be written."""


class DiskFullError(StoreError):
    """The disk is full; the last transaction was rolled back."""


class BusyError(StoreError):
    """Another process holds the write lock for longer than we wait."""


class DamagedError(StoreError):
    """The file is not a healthy SQLite database of ours."""


class NotFoundError(StoreError):
    """No such record (or no unique one, where an id was shortened)."""
