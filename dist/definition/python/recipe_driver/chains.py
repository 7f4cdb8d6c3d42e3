"""Lines of chained calls in Python 3.10, which counts a call with keywords as of the first line of its chain."""

import ast
import sys

NEEDED = sys.version_info < (3, 11)


class Chains:
    """Knows the calls of each file that Python misplaces, in the order in which they run."""

    def __init__(self):
        self._files = {}
        self._passed = {}

    def line_of(self, at, method):
        """The line on which the chain names this method."""
        if at["file"] not in self._files:
            self._files[at["file"]] = _misplaced(at["file"])
        lines = self._files[at["file"]].get((at["line"], method))
        if not lines:
            return at
        key = (at["file"], at["line"], method)
        # A loop runs the chain again.
        turn = self._passed[key] = self._passed.get(key, -1) + 1
        return {**at, "line": lines[turn % len(lines)]}


def _misplaced(file):
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            found.setdefault((node.lineno, node.func.attr), []).append(node.func.end_lineno)
    return {key: sorted(lines) for key, lines in found.items()}
