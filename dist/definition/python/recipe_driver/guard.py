"""What a recipe must not do to its process; each is reported at its line."""

import os
import threading


class Ended(BaseException):
    """The recipe called something that would have ended its process."""

    def __init__(self, call, effect, at):
        super().__init__(call)
        self.call, self.effect, self.at = call, effect, at


def guard(lines, channel, finish):
    """Replaces what ends a process. `finish` gets what happened, and ends the process in our way."""
    parent, own = os.getppid(), os.getpid()

    def ends(call, effect, real):
        def ended(*args, **kwargs):
            # A fork of this process ends as it likes.
            if not channel.is_ours:
                return real(*args, **kwargs)
            return finish(Ended(call, effect, lines.caller()))

        return ended

    quits = "ends the process before the template is read"
    os._exit = ends("os._exit()", quits, os._exit)
    os.abort = ends("os.abort()", quits, os.abort)
    kill = os.kill

    def checked_kill(pid, signal):
        if signal != 0 and channel.is_ours:
            if pid in (own, 0):
                finish(Ended("os.kill() on itself", quits, lines.caller()))
            if pid == parent:
                finish(Ended("os.kill() on its parent", "would end the action", lines.caller()))
            if pid < 0:
                finish(Ended(f"os.kill({pid})", "signals many processes at once", lines.caller()))
        return kill(pid, signal)

    os.kill = checked_kill
    if hasattr(os, "killpg"):
        os.killpg = ends("os.killpg()", "signals many processes at once", os.killpg)


def watch(lines, send, thread):
    """Tells twice a second where the recipe is, if it is there for longer, so that its time limit can name the line."""
    import sys

    pause = threading.Event().wait
    frames = sys._current_frames

    def tell():
        told = None
        while True:
            pause(0.5)
            frame = frames().get(thread)
            at = lines.of_frame(frame) if frame else None
            if at and at != told:
                told = at
                send(at)

    threading.Thread(target=tell, daemon=True).start()
