"""Why an alert cannot be shown to fire: nothing steers it, or it never can."""

from __future__ import annotations


class OutOfReachError(Exception):
    """No input can be derived; the text says which part of the expression stands in the way."""


class NeverError(OutOfReachError):
    """What the expression asks for can never be; a contract, or the expression itself, says so."""


class NotPromisedError(NeverError):
    """The expression reads a metric, a label or a value that the contract does not have."""
