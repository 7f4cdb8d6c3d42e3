"""Takes the place of all calls of the service: a build is noted and not made, everything else is left undone."""

import asyncio
import inspect
import time

from recipe_driver.fields import fields_of, template_of
from recipe_driver.inert import Inert
from recipe_driver.values import kind_of

# A script that waits for something after its build waits for ever.
MOST_WAITS = 100


class Finished(BaseException):
    """Ends a script that has started its build and only waits."""


class Builds:
    """The builds that the recipe asks for, and the other calls of the service that it makes."""

    def __init__(self, sdk, lines, recorder):
        self.captured = []
        self.undone = []
        self._sdk = sdk
        self._lines = lines
        self._recorder = recorder
        self._waits = 0
        for owner in (sdk.Template, sdk.AsyncTemplate):
            self._replace(owner, owner is sdk.AsyncTemplate)
        for owner in sdk.service_classes():
            self._disable(owner)
        self._shorten_waits()

    def _replace(self, owner, is_async):
        name = owner.__name__
        answers = {
            "exists": lambda *_: False,
            "alias_exists": lambda *_: False,
            "assign_tags": lambda *_: Inert(),
            "remove_tags": lambda *_: None,
            "get_tags": lambda *_: [],
            "get_build_status": lambda *_: _Ready(self._sdk.status.READY),
            "list": lambda *_: Inert(),
            "get": lambda *_: Inert(),
            "delete": lambda *_: True,
        }
        for method in ("build", "build_in_background"):
            self._set(owner, method, self._capturing(f"{name}.{method}"), is_async)
        for method, answer in answers.items():
            if hasattr(owner, method):
                self._set(owner, method, self._leaving(f"{name}.{method}()", answer), is_async)

    @staticmethod
    def _set(owner, name, call, is_async):
        async def awaited(*args, **kwargs):
            return call(*args, **kwargs)

        setattr(owner, name, staticmethod(awaited if is_async else call))

    def _capturing(self, called):
        def build(template=None, name=None, *, alias=None, **options):
            at = self._lines.caller()
            base = template_of(template)
            if base is None or inspect.isclass(base):
                raise TypeError(f"{called}() got {kind_of(template)} where the template is expected")
            wanted = str(name or alias) if name or alias else None
            given = {key: options[key] for key in ("tags", "cpu_count", "memory_mb", "skip_cache") if key in options}
            logger = getattr(options.get("on_build_logs"), "__self__", None)
            self.captured.append(
                {
                    "call": f"{called}()",
                    "name": wanted,
                    "options": given,
                    "logLevel": str(getattr(logger, "_DefaultBuildLogger__min_level", None)),
                    "at": at,
                    "base": base,
                    "fields": fields_of(base, self._recorder),
                }
            )
            tags = given.get("tags") or []
            return self._sdk.BuildInfo(
                template_id=str(wanted), build_id="not-built-yet", alias=str(wanted), name=str(wanted), tags=list(tags)
            )

        return build

    def _leaving(self, called, answer):
        def leave(*args, **kwargs):
            self.undone.append({"call": called, "at": self._lines.caller()})
            return answer(*args)

        return leave

    def _disable(self, owner):
        """A class of which nothing works without the service."""
        name = owner.__name__
        for method in dir(owner):
            if not method.startswith("_") and callable(getattr(owner, method, None)):
                setattr(owner, method, staticmethod(self._leaving(f"{name}.{method}()", lambda *_: Inert())))
        owner.__new__ = staticmethod(self._leaving(f"{name}()", lambda *_: Inert()))

    def _shorten_waits(self):
        sleep, sleep_async = time.sleep, asyncio.sleep

        def waits():
            if not self.captured:
                return False
            self._waits += 1
            if self._waits > MOST_WAITS:
                raise Finished
            return True

        async def shorter_async(delay, *args, **kwargs):
            return await sleep_async(0 if waits() else delay, *args, **kwargs)

        time.sleep = lambda seconds: None if waits() else sleep(seconds)
        asyncio.sleep = shorter_async


class _Ready(Inert):
    def __init__(self, status):
        self.status = status
        self.logs = []
        self.log_entries = []
        self.reason = None
