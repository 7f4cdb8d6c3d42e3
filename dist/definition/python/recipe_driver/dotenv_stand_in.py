"""Takes the place of the package `dotenv`, which scripts import for the key, where it is not installed."""

import importlib.abc
import importlib.machinery
import os
import re
import sys

LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:=[ \t]*('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|[^\n#]*?(?:[^\n\s#]#[^\n]*?)*))?[ \t]*(?:[ \t]\#.*)?$""",
    re.MULTILINE,
)
REFERENCE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def values_of(text):
    """The variables that a file sets, as `python-dotenv` reads it."""
    values = {}
    for name, written in LINE.findall(text):
        value = written.strip()
        if value[:1] == "'" and value[-1:] == "'" and len(value) > 1:
            values[name] = value[1:-1].replace("\\'", "'")
            continue
        if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
            value = value[1:-1].replace("\\n", "\n").replace('\\"', '"')
        values[name] = REFERENCE.sub(
            lambda found: os.environ.get(found[1]) or values.get(found[1]) or found[2] or "", value
        )
    return values


def find_dotenv(filename=".env", raise_error_if_not_found=False, usecwd=False):
    """The nearest file of this name, from the recipe's folder (or the current one) upwards; else an empty text."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = os.path.dirname(main) if main and not usecwd else os.getcwd()
    while True:
        path = os.path.join(folder, filename)
        if os.path.isfile(path):
            return path
        if os.path.dirname(folder) == folder:
            break
        folder = os.path.dirname(folder)
    if raise_error_if_not_found:
        raise OSError("File not found")
    return ""


def dotenv_values(dotenv_path=None, stream=None, **_):
    """The variables of a file as a dict; empty where there is none."""
    if stream is not None:
        return values_of(stream.read())
    path = dotenv_path or find_dotenv()
    if not path or not os.path.isfile(path) or not _may_read:
        return {}
    with open(path, encoding="utf-8") as file:
        return values_of(file.read())


def load_dotenv(dotenv_path=None, stream=None, verbose=False, override=False, **_):
    """Sets the variables of a file in the environment; those that are set stay as they are."""
    values = dotenv_values(dotenv_path, stream)
    for name, value in values.items():
        if override or name not in os.environ:
            os.environ[name] = value
    return bool(values)


_may_read = True


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name not in ("dotenv", "dotenv.main"):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=name == "dotenv")

    def exec_module(self, module):
        for function in (load_dotenv, dotenv_values, find_dotenv):
            setattr(module, function.__name__, function)


def offer(may_read):
    """Gives the stand-in to recipes, after all other places of packages. Without `may_read` it reads no file."""
    global _may_read
    _may_read = may_read
    sys.meta_path.append(_Finder())
