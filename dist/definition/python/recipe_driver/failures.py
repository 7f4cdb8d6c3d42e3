"""An exception as plain data; the action says what it means and how to fix it."""

import os

from recipe_driver.channel import Refused
from recipe_driver.guard import Ended


def failure_of(error, lines):
    """What was raised: its type, its text, the user's line, and what only the exception itself knows."""
    failure = {
        "type": type(error).__name__,
        "module": type(error).__module__,
        "message": _text(error),
        "at": lines.of_error(error),
        "cause": _cause(error),
    }
    if isinstance(error, Ended):
        failure.update(ended=error.call, effect=error.effect, at=error.at)
    elif isinstance(error, SystemExit):
        failure.update(exit=error.code if isinstance(error.code, (int, str)) else 0)
    elif isinstance(error, SyntaxError) and error.filename:
        failure.update(
            syntax=True, message=error.msg, at={"file": os.path.abspath(error.filename), "line": error.lineno or 1}
        )
        if error.offset:
            failure["at"]["column"] = max(1, error.offset)
        if error.text:
            failure["text"] = error.text.strip()
    elif isinstance(error, Refused):
        failure.update(refused=error.title)
    elif isinstance(error, ImportError):
        failure.update(name=error.name or "", missing=isinstance(error, ModuleNotFoundError))
    elif isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        failure.update(key=error.args[0], environment=_is_of_environment(error))
    elif isinstance(error, AttributeError):
        failure.update(name=error.name or "", owner=type(error.obj).__name__)
    elif isinstance(error, MemoryError):
        failure.update(memory=True)
    failure["network"] = _is_of_network(error)
    return {name: value for name, value in failure.items() if value is not None and value is not False}


def _text(error):
    try:
        return str(error)
    except Exception:
        return ""


def _cause(error):
    cause = error.__cause__
    return _text(cause) or type(cause).__name__ if cause is not None else None


def _is_of_environment(error):
    """Raised by `os.environ[…]`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename in (os.__file__, "<frozen os>")


def _is_of_network(error):
    modules = ("httpx", "httpcore", "urllib", "http.client", "socket", "requests", "aiohttp", "ssl")
    while error is not None:
        if isinstance(error, (ConnectionError, TimeoutError)) or type(error).__module__.startswith(modules):
            return True
        error = error.__cause__ or error.__context__
    return False
