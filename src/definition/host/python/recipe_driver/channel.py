"""The pipe to the action's process: lines of JSON that start with the run's token."""

import json
import os
import sys

ANSWERS = 3
_LOST = 70


class Refused(ImportError):
    """A file that may not be loaded: the action's own problem."""

    def __init__(self, problem):
        super().__init__(problem["message"])
        self.title = problem["title"]


class Channel:
    """Keeps the functions that it needs, since the recipe may replace them."""

    def __init__(self):
        # A process that the recipe starts gets neither end.
        self._requests, self._answers = os.dup(0), os.dup(ANSWERS)
        os.close(ANSWERS)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self.request = json.loads(self._line())
        self._token = self.request["token"].encode()
        self._process = os.getpid()
        self._write, self._getpid, self._exit = os.write, os.getpid, os._exit
        self._dumps, self._loads, self._repr = json.dumps, json.loads, repr

    def _line(self):
        with os.fdopen(os.dup(self._requests), "rb", buffering=0) as pipe:
            return pipe.readline()

    @property
    def is_ours(self):
        """False in a process that the recipe forked."""
        return self._getpid() == self._process

    def send(self, message):
        """Writes one message whole. What a fork of this process sends is dropped."""
        if not self.is_ours:
            return
        # The recipe may have written part of a line to the pipe, so a message starts on a new line.
        rest = b"\n" + self._token + b" " + self._dumps(message, default=self._repr).encode() + b"\n"
        try:
            while rest:
                rest = rest[self._write(self._answers, rest) :]
        except OSError:
            self._exit(_LOST)

    def require(self, path):
        """Asks whether a file may be loaded; raises `Refused` where it may not."""
        self.send({"type": "check", "path": os.path.abspath(path)})
        refused = self._loads(self._line())
        if refused:
            raise Refused(refused)

    def finish(self, message):
        """Sends the last message and ends the process, without the recipe's own exit handlers and threads."""
        self.send(message)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        self._exit(0)
