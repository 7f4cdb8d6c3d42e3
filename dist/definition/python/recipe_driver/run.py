"""The order of one run: SDK, watch, the recipe itself, its template."""

import os
import sys
import threading

from recipe_driver import choose, dotenv_stand_in, guard, loading
from recipe_driver.builder import Recorder
from recipe_driver.builds import Builds, Finished
from recipe_driver.channel import Channel
from recipe_driver.failures import failure_of
from recipe_driver.fields import fields_of
from recipe_driver.lines import Lines
from recipe_driver.sdk import Sdk, TooOld


def main():
    channel = Channel()
    request = channel.request
    file, working_directory = request["file"], request["workingDirectory"]
    sys.dont_write_bytecode = True
    if request.get("sdkFolder"):
        sys.path.append(request["sdkFolder"])
    _limit_memory(request.get("memoryMb"))
    here = os.path.dirname(os.path.realpath(__file__))
    try:
        sdk = Sdk()
    except TooOld as error:
        channel.finish({"type": "sdk", "reason": str(error), "old": True})
    except Exception as error:
        channel.finish({"type": "sdk", "reason": f"{type(error).__name__}: {error}", "old": False})
    if request.get("committedOnly"):
        own = [here, os.path.dirname(sdk.folder), *_interpreter_folders()]
        loading.load_committed_only(channel.require, own)
    for name in request["placeholders"]:
        os.environ.setdefault(name, request["placeholder"])
    dotenv_stand_in.offer(may_read=not request.get("committedOnly"))

    lines = Lines(file, working_directory, [here, sdk.folder])
    recorder = Recorder(sdk, lines)
    run = _Run(request, channel, lines, recorder, Builds(sdk, lines, recorder))
    guard.guard(lines, channel, run.finish)
    guard.watch(lines, lambda at: channel.send({"type": "at", "at": at}), threading.get_ident())
    run.start()


class _Run:
    def __init__(self, request, channel, lines, recorder, builds):
        self._request, self._channel, self._lines = request, channel, lines
        self._recorder, self._builds = recorder, builds
        self._values = {}
        self._block = range(0)

    def start(self):
        """Runs the recipe and answers."""
        file = self._request["file"]

        def read(path):
            if self._request.get("committedOnly"):
                self._channel.require(path)
            with open(path, "rb") as source:
                return source.read()

        self._channel.send({"type": "evaluating"})
        try:
            module, self._block, run = loading.run_file(file, self._request["workingDirectory"], read)
            self._values = module.__dict__
            run()
        except BaseException as error:
            self.finish(error)
        self.finish(None)

    def finish(self, error):
        """Answers with the template, or with what went wrong, and ends the process."""
        if not self._channel.is_ours:
            os._exit(1)
        try:
            answer = self._answer(error)
        except choose.Unclear as unclear:
            found = self._recorder.problems or [{**unclear.problem, "at": self._line_of(unclear.name)}]
            answer = {"type": "problems", "problems": found}
        except BaseException as failed:
            answer = self._failed(failed)
        self._channel.finish(answer)

    def _answer(self, error):
        builds = self._builds.captured
        if self._request.get("exportName"):
            # A variable is asked for; the script's builds say only how that one is built.
            if error is not None and not builds:
                return self._failed(error)
            return self._of_values(error)
        if builds:
            return self._result(error)
        if error is None:
            return self._of_values(None)
        # A file that only builds what another one defines has nothing to say without its build.
        if self._is_of_script(error):
            try:
                return self._of_values(error)
            except BaseException:
                pass
        return self._failed(error)

    def _of_values(self, error):
        name, base = choose.choose(
            self._values,
            self._request.get("exportName"),
            self._request.get("args"),
            lambda called: self._channel.send({"type": "calling", "name": called}),
        )
        if error is not None and not self._builds.captured and base is not None:
            made_at = self._recorder.parts(base).get("base") or {}
            if made_at.get("file") != self._request["file"]:
                raise error
        if base is None:
            if self._builds.captured:
                return self._result(error)
            raise choose.Unclear(
                "The function gives no template",
                f"The function {name}() gives no template. Is a return missing? {choose.EXPECTED}",
                name,
            )
        matching = [build for build in self._builds.captured if build["base"] is base]
        fields = matching[-1]["fields"] if matching else fields_of(base, self._recorder)
        return self._result(error, {"exportName": name, "fields": fields, "builds": [_plain(b) for b in matching]})

    def _result(self, error, chosen=None):
        answer = chosen or {
            "builds": [
                {**_plain(each, each["fields"]), "exportName": self._name_of(each["base"])}
                for each in self._builds.captured
            ],
        }
        answer["undone"] = self._builds.undone
        answer["problems"] = self._recorder.problems
        if error is not None and not isinstance(error, Finished):
            answer["stopped"] = failure_of(error, self._lines)
        return {"type": "result", **answer}

    def _name_of(self, base):
        return next((name for name, value in self._values.items() if getattr(value, "_template", None) is base), None)

    def _failed(self, error):
        # A wrong argument often makes a later call fail. The argument is what the user must fix.
        if self._recorder.problems:
            return {"type": "problems", "problems": self._recorder.problems}
        return {"type": "failure", "failure": failure_of(error, self._lines)}

    def _is_of_script(self, error):
        """Whether it happened in `if __name__ == "__main__":`, where the file has defined what it defines."""
        if isinstance(error, (guard.Ended, SyntaxError)):
            return False
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals is self._values and trace.tb_frame.f_code.co_name == "<module>":
                return trace.tb_lineno in self._block
            trace = trace.tb_next
        return False

    def _line_of(self, name):
        if name is not None:
            try:
                with open(self._request["file"], encoding="utf-8") as source:
                    for number, line in enumerate(source, 1):
                        words = line.replace("(", " ").replace(":", " ").replace("=", " ").split()
                        if name in words[:3]:
                            return {"file": self._request["file"], "line": number}
            except (OSError, ValueError):
                pass
        return self._lines.first


def _plain(build, fields=None):
    plain = {key: value for key, value in build.items() if key not in ("base", "fields") and value is not None}
    return {**plain, "fields": fields} if fields else plain


def _interpreter_folders():
    import sysconfig

    paths = sysconfig.get_paths()
    return [paths["stdlib"], paths["platstdlib"]]


def _limit_memory(megabytes):
    if not megabytes or not sys.platform.startswith("linux"):
        return
    import resource

    limit = megabytes * 1024 * 1024
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ValueError, OSError):
        pass
