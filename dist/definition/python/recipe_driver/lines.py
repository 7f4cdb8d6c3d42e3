"""Which line of the user's files a call comes from."""

import os
import sys
import sysconfig


class Lines:
    """Frames of the recipe's folder and of the working directory are preferred; those of libraries never count."""

    def __init__(self, file, working_directory, foreign):
        self._own = [_folder(os.path.dirname(file)), _folder(working_directory)]
        library = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
        self._foreign = [_folder(folder) for folder in [*foreign, *library] if folder]
        self.first = {"file": file, "line": 1}

    def caller(self):
        """The line that runs now; the innermost of the user's."""
        frames = []
        frame = sys._getframe(1)
        while frame is not None:
            frames.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        return self._choose(frames)

    def of_frame(self, frame):
        """The user's innermost line of another thread's stack."""
        frames = []
        while frame is not None:
            frames.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        return self._choose(frames)

    def of_error(self, error):
        """The user's innermost line that the exception passed."""
        frames = []
        trace = error.__traceback__
        while trace is not None:
            frames.insert(0, (trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        return self._choose(frames)

    def _choose(self, frames):
        candidates = [(file, line) for file, line in frames if self.is_users(file)]
        own = [(file, line) for file, line in candidates if self._is_own(file)]
        chosen = (own or candidates or [None])[0]
        return {"file": chosen[0], "line": chosen[1] or 1} if chosen else None

    def is_users(self, file):
        if not os.path.isabs(file):
            return False
        if "site-packages" in file or "dist-packages" in file:
            return False
        return not any(file.startswith(folder) for folder in self._foreign)

    def _is_own(self, file):
        return any(file.startswith(folder) for folder in self._own)


def _folder(path):
    return os.path.join(path, "")
