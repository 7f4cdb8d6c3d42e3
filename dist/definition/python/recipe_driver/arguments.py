"""What is wrong with the arguments of the builder's calls. The SDK itself checks almost none of them."""

import ast
import os

from recipe_driver.values import kind_of

# Parameters that must have a value of this kind. One with a default may be left out, or be that default.
EXPECTED = {
    "from_image": {"image": "text", "username": "text", "password": "text"},
    "from_template": {"template": "text"},
    "from_dockerfile": {"dockerfile_content_or_path": "path"},
    "from_aws_registry": {name: "text" for name in ("image", "access_key_id", "secret_access_key", "region")},
    "from_gcp_registry": {"image": "text", "service_account_json": "account"},
    "from_oci_registry": {
        name: "text" for name in ("image", "tenancy_ocid", "user_ocid", "fingerprint", "private_key", "region")
    },
    "from_huawei_cloud_registry": {
        name: "text" for name in ("image", "access_key_id", "secret_access_key", "region")
    },
    "from_debian_image": {"variant": "text"},
    "from_ubuntu_image": {"variant": "text"},
    "from_python_image": {"version": "text"},
    "from_node_image": {"variant": "text"},
    "from_bun_image": {"variant": "text"},
    "copy": {"src": "paths", "dest": "path", "user": "text", "mode": "mode"},
    "copy_items": {"items": "items"},
    "remove": {"path": "paths", "user": "text"},
    "rename": {"src": "path", "dest": "path", "user": "text"},
    "make_dir": {"path": "paths", "mode": "mode", "user": "text"},
    "make_symlink": {"src": "path", "dest": "path", "user": "text"},
    "run_cmd": {"command": "texts", "user": "text"},
    "set_workdir": {"workdir": "path"},
    "set_user": {"user": "text"},
    "pip_install": {"packages": "texts"},
    "npm_install": {"packages": "texts"},
    "bun_install": {"packages": "texts"},
    "apt_install": {"packages": "texts"},
    "add_mcp_server": {"servers": "texts"},
    "git_clone": {"url": "text", "path": "path", "branch": "text", "depth": "number", "user": "text"},
    "set_start_cmd": {"start_cmd": "text", "ready_cmd": "ready"},
    "set_ready_cmd": {"ready_cmd": "ready"},
    "set_patch_cmd": {"cmd": "text"},
}

EXPECTATIONS = {
    "text": "a string",
    "path": "a path",
    "texts": "a string or a list of strings",
    "paths": "a path or a list of paths",
    "mode": "a number such as 0o755",
    "number": "a number",
    "account": "a dict, or the path of a JSON file",
    "items": "a list of dicts with src and dest",
    "ready": "a string or one of wait_for_port(), wait_for_url(), wait_for_process(), wait_for_file(), wait_for_timeout()",
}


def problems_of(method, signature, given, at):
    """Problems of one call; `given` maps the names of parameters to the values that the call gives."""
    if method == "set_envs":
        return _of_envs(given.get("envs"), at)
    found = []
    for name, kind in EXPECTED.get(method, {}).items():
        default = signature.parameters[name].default if name in signature.parameters else None
        if name not in given or given[name] is default:
            continue
        wrong = _wrong(kind, given[name])
        if wrong is None:
            continue
        value, item = wrong
        place = name if item is None else f"{name}, item {item + 1},"
        hint = (
            " If it comes from an environment variable, that variable is not set in this job: set it in env: of the step, or give a default."
            if value == "None"
            else ""
        )
        found.append(
            {
                "title": f"{method}() got {value}",
                "message": f"{method}: {place} is {value}; {EXPECTATIONS[kind]} is expected.{hint}",
                "at": at,
            }
        )
    account = given.get("service_account_json")
    if isinstance(account, str) and account.strip().startswith("{"):
        # The SDK reads a string as the path of a file, and prints it when there is no such file. Here it would be a key.
        found.append(
            {
                "title": "from_gcp_registry() got JSON as text",
                "message": "from_gcp_registry: service_account_json is JSON as text, and the SDK reads a text as the path of a file. Pass the dict: json.loads(text).",
                "at": at,
            }
        )
    return found


def _wrong(kind, value):
    """The kind of the first wrong value and its place in a list; None where all fit."""
    if kind == "ready":
        return None if isinstance(value, str) or hasattr(value, "get_cmd") else (kind_of(value), None)
    if kind in ("mode", "number"):
        return None if isinstance(value, int) and not isinstance(value, bool) else (kind_of(value), None)
    if kind == "account":
        return None if isinstance(value, (str, dict)) else (kind_of(value), None)
    if kind == "items":
        if not isinstance(value, (list, tuple)):
            return (kind_of(value), None)
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                return (kind_of(item), index)
            for key in ("src", "dest"):
                if key not in item:
                    return (f"a dict without {key}", index)
                if not isinstance(item[key], (str, os.PathLike)):
                    return (f"a dict whose {key} is {kind_of(item[key])}", index)
        return None

    def fits(item):
        return isinstance(item, str) or (kind.startswith("path") and isinstance(item, os.PathLike))

    if kind.endswith("s") and isinstance(value, (list, tuple)):
        return next(((kind_of(item), index) for index, item in enumerate(value) if not fits(item)), None)
    return None if fits(value) else (kind_of(value), None)


def _of_envs(envs, at):
    if not isinstance(envs, dict):
        value = kind_of(envs)
        return [
            {
                "title": f"set_envs() got {value}",
                "message": f'set_envs: the argument is {value}; a dict of names and strings is expected, such as {{"PORT": "8080"}}.',
                "at": at,
            }
        ]
    found = []
    for name, value in envs.items():
        if isinstance(name, str) and isinstance(value, str):
            continue
        place, variable = _entry(at, name)
        if not isinstance(name, str):
            message = f"set_envs: the name {name!r} is {kind_of(name)}; a string is expected."
        elif value is None:
            message = f"set_envs: {name} is None; a string is expected."
        else:
            hint = f' Write "{name}": "{value}".' if isinstance(value, (int, float)) else ""
            message = f"set_envs: {name} is {kind_of(value)}; a string is expected.{hint}"
        title = f"Environment variable {name} is {'None' if value is None else 'not a string'}"
        # The action says more of a variable that it does not hand to recipes.
        unset = {"unset": variable or ""} if value is None else {}
        found.append({"title": title, "message": message, "at": place, **unset})
    return found


def _entry(at, name):
    """The line that sets a variable, and the variable of the job that it comes from, as far as the text shows both."""
    if at is None:
        return at, None
    try:
        with open(at["file"], encoding="utf-8") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return at, None
    entries = [
        (key.lineno, value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values)
        if isinstance(key, ast.Constant) and key.value == name
    ]
    # A call that spans lines may count as its first or as its last one.
    entries.sort(key=lambda entry: abs(entry[0] - at["line"]))
    if not entries or not -200 < entries[0][0] - at["line"] < 200:
        return at, None
    line, value = entries[0]
    return {"file": at["file"], "line": line}, _variable(value)


def _variable(value):
    """X of `os.environ.get("X")`, `os.getenv("X")` and `os.environ["X"]`."""
    if isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.Constant):
        return value.args[0].value if ast.unparse(value.func) in ("os.getenv", "os.environ.get", "getenv") else None
    return None
