"""A value as a person would call it."""

import asyncio
import inspect


def kind_of(value):
    """`None`, `the number 8080`, `a list`, …"""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, (list, tuple, dict, set)):
        return {"list": "a list", "tuple": "a tuple", "dict": "a dict", "set": "a set"}.get(
            type(value).__name__, f"a {type(value).__name__}"
        )
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    if asyncio.iscoroutine(value):
        return "a coroutine"
    if callable(value):
        return "a function"
    return f"a {type(value).__name__}" if type(value).__name__[:1] not in "AEIOU" else f"an {type(value).__name__}"
