"""The SDK, under all names that recipes import it by."""

import importlib
import importlib.abc
import importlib.machinery
import sys

PACKAGE = "novita_sandbox"

# The name in a recipe, and the module that it means here.
ALIASES = {
    "e2b": f"{PACKAGE}.core",
    "e2b_code_interpreter": f"{PACKAGE}.code_interpreter",
    "e2b_desktop": f"{PACKAGE}.desktop",
}


class TooOld(Exception):
    """The installed SDK cannot build templates."""


class Sdk:
    """The parts of the SDK that are used here."""

    def __init__(self):
        root = importlib.import_module(PACKAGE)
        self.folder = root.__path__[0]
        try:
            self.main = importlib.import_module(f"{PACKAGE}.core.template.main")
            types = importlib.import_module(f"{PACKAGE}.core.template.types")
            self.Template = importlib.import_module(f"{PACKAGE}.core.template_sync.main").Template
            self.AsyncTemplate = importlib.import_module(f"{PACKAGE}.core.template_async.main").AsyncTemplate
            self.BuildInfo, self.status = types.BuildInfo, types.TemplateBuildStatus
            self.main.TemplateBase, self.main.TemplateBuilder, self.main.TemplateFinal  # noqa: B018
        except (ImportError, AttributeError) as error:
            raise TooOld(str(error)) from None
        sys.meta_path.insert(0, _Aliases())

    def service_classes(self):
        """Classes of which nothing works without the service."""
        found = []
        for module in ("core", "code_interpreter", "desktop"):
            exports = importlib.import_module(f"{PACKAGE}.{module}")
            for name in ("Sandbox", "AsyncSandbox", "Volume", "AsyncVolume", "Secret", "AsyncSecret"):
                owner = getattr(exports, name, None)
                if owner is not None and owner not in found:
                    found.append(owner)
        # A class that inherits gets its own stand-ins first.
        return sorted(found, key=lambda owner: -len(owner.__mro__))


class _Aliases(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the SDK's own module for `e2b`, `e2b.template.main` and the like."""

    def find_spec(self, name, path=None, target=None):
        root, _, rest = name.partition(".")
        if root not in ALIASES:
            return None
        real = f"{ALIASES[root]}.{rest}" if rest else ALIASES[root]
        try:
            module = importlib.import_module(real)
        except ModuleNotFoundError:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, is_package=hasattr(module, "__path__"))
        spec.loader_state = module
        return spec

    def create_module(self, spec):
        # A module of its own would have classes of its own.
        self._kept = {key: getattr(spec.loader_state, key, None) for key in ("__spec__", "__name__", "__loader__")}
        return spec.loader_state

    def exec_module(self, module):
        # The import system has written the alias into the module that it was given.
        for key, value in self._kept.items():
            setattr(module, key, value)
