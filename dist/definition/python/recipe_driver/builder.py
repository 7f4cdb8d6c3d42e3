"""Watches the SDK's builder: which line made which instruction, and what is wrong with a call."""

import functools
import inspect
import json
from types import FunctionType

from recipe_driver import chains
from recipe_driver.arguments import problems_of


# Parameters whose texts become parts of a shell command.
IN_SHELL = {
    "pip_install": ["packages"],
    "npm_install": ["packages"],
    "bun_install": ["packages"],
    "apt_install": ["packages"],
    "add_mcp_server": ["servers"],
    "remove": ["path"],
    "rename": ["src", "dest"],
    "make_dir": ["path"],
    "make_symlink": ["src", "dest"],
    "git_clone": ["url", "path"],
}


class Recorder:
    """Notes what the recipe's calls of the builder do. An instruction keeps its line in its own key `at`."""

    def __init__(self, sdk, lines):
        self.problems = []
        self._lines = lines
        self._main = sdk.main
        self._depth = 0
        self._parts = {}
        self._chains = chains.Chains()
        _soften(sdk.main)
        for owner in (sdk.main.TemplateBuilder, sdk.main.TemplateBase):
            for name, method in list(vars(owner).items()):
                if isinstance(method, FunctionType) and not name.startswith("_"):
                    setattr(owner, name, self._watched(name, method))
        sdk.main.TemplateBase.__init__ = self._in_callers_folder(sdk.main.TemplateBase.__init__)

    def parts(self, base):
        """Lines of a template's parts that are no instructions: `base`, `start`, `ready`."""
        return self._parts.get(id(base), {})

    def _watched(self, name, method):
        signature = inspect.signature(method)

        @functools.wraps(method)
        def call(builder, *args, **kwargs):
            if self._depth > 0:
                return method(builder, *args, **kwargs)
            at = self._lines.caller()
            if chains.NEEDED and at:
                at = self._chains.line_of(at, name)
            base = getattr(builder, "_template", builder)
            if self._is_refused(name, signature, builder, args, kwargs, at):
                return self._result(name, base, builder)
            before = len(base._instructions)
            self._depth += 1
            try:
                result = method(builder, *args, **kwargs)
            finally:
                self._depth -= 1
            for instruction in base._instructions[before:]:
                instruction.setdefault("at", at)
            self._note(base, name, at)
            self._note_shell(base, name, signature.bind(builder, *args, **kwargs).arguments, at)
            return result

        return call

    def _is_refused(self, name, signature, builder, args, kwargs, at):
        """A wrong call is noted and left out, so that one run names the mistakes of all calls."""
        try:
            given = signature.bind(builder, *args, **kwargs).arguments
        except TypeError as error:
            self.problems.append(
                {
                    "title": f"{name}() got other arguments than it takes",
                    "message": f"{name}: {error}. It takes {_parameters(signature)}.",
                    "at": at,
                }
            )
            return True
        found = problems_of(name, signature, given, at)
        self.problems.extend(found)
        return bool(found)

    def _result(self, name, base, builder):
        if name in ("set_start_cmd", "set_ready_cmd", "beta_set_dev_container_start"):
            return self._main.TemplateFinal(base)
        return self._main.TemplateBuilder(base) if name.startswith("from_") else builder

    def _note(self, base, name, at):
        # The template is kept too, so that no other one gets its id.
        parts = self._parts.setdefault(id(base), {"template": base})
        if name.startswith("from_"):
            parts["base"] = at
        if name in ("set_start_cmd", "beta_set_dev_container_start"):
            parts["start"] = parts["ready"] = at
        if name == "set_ready_cmd":
            parts["ready"] = at

    def _note_shell(self, base, name, given, at):
        """Keeps the arguments that the SDK puts into a shell command as they are; the action says what a shell reads."""
        written = [_texts(given.get(parameter)) for parameter in IN_SHELL.get(name, ())]
        if any(written):
            branch = {"branch": given["branch"]} if given.get("branch") else None
            noted = {"method": name, "args": [*written, branch] if branch else written, "at": at}
            self._parts.setdefault(id(base), {"template": base}).setdefault("shell", []).append(noted)

    def _in_callers_folder(self, init):
        """The SDK takes its own folder as context where `Novita().template` makes the template."""

        @functools.wraps(init)
        def made(template, file_context_path=None, *args, **kwargs):
            init(template, file_context_path or ".", *args, **kwargs)
            if file_context_path is None:
                at = self._lines.caller() or self._lines.first
                template._file_context_path = at["file"].rpartition("/")[0] or "/"

        return made


def _texts(value):
    return [str(item) for item in (value if isinstance(value, (list, tuple)) else [value]) if item is not None]


def _parameters(signature):
    names = [
        name if parameter.default is parameter.empty else f"{name}=…"
        for name, parameter in list(signature.parameters.items())[1:]
    ]
    return f"({', '.join(names)})"


def _soften(main):
    """What the plan checks better, together with all other mistakes, does not stop the recipe; nothing is hashed."""

    def from_dockerfile(self, dockerfile_content_or_path):
        # The action reads it, with the same reader for all recipes.
        text = str(dockerfile_content_or_path)
        self._instructions.append({"type": "DOCKERFILE", "args": [text], "force": self._force_next_layer})
        self._base_image = self._base_template = None
        self._inherit_image_config = False
        if self._force_next_layer:
            self._force = True
        return main.TemplateBuilder(self)

    def read_account(context, given):
        # Runs of forks have no secrets, so it may be empty. The SDK would read the context directory.
        if isinstance(given, str):
            return read(context, given) if given.strip() else ""
        return json.dumps(given, separators=(",", ":"), ensure_ascii=False)

    read = main.read_gcp_service_account_json
    from_dockerfile.__qualname__ = "TemplateBase.from_dockerfile"
    main.TemplateBase.from_dockerfile = from_dockerfile
    main.TemplateBase._resolve_inherited_config = lambda self, *_: None
    main.read_gcp_service_account_json = read_account
    main.calculate_files_hash = lambda *_, **__: ""
    main.validate_relative_path = lambda *_, **__: None
    # Lines come from here. The SDK's own way reads all sources of the stack, for each call.
    main.get_caller_frame = lambda *_: None
