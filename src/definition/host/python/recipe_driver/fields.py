"""A template as plain data."""


def template_of(value):
    """The template behind a value that is one; None for any other."""
    base = getattr(value, "_template", value)
    return base if hasattr(base, "_instructions") and hasattr(base, "_file_context_path") else None


def fields_of(base, recorder):
    """What the template holds, with the line of each instruction. Fields that are None are left out."""
    steps = [
        {
            "type": str(getattr(step["type"], "value", step["type"])),
            "args": [value if isinstance(value, str) else repr(value) for value in step["args"]],
            "force": bool(step.get("force")),
            "forceUpload": _flag(step.get("forceUpload")),
            "resolveSymlinks": _flag(step.get("resolveSymlinks")),
            "at": step.get("at"),
        }
        for step in base._instructions
    ]
    parts = recorder.parts(base)
    fields = {
        "steps": [_set(step) for step in steps],
        "image": base._base_image,
        "template": base._base_template,
        "registry": base._registry_config,
        "inheritsConfig": bool(getattr(base, "_inherit_image_config", False)),
        "username": getattr(base, "_image_username", None),
        "password": getattr(base, "_image_password", None),
        "envs": dict(getattr(base, "_envs", {})),
        "start": base._start_cmd,
        "ready": base._ready_cmd,
        "patch": getattr(base, "_patch_cmd", None),
        "force": bool(base._force),
        "forceNext": bool(base._force_next_layer),
        "context": str(base._file_context_path),
        "ignore": [str(pattern) for pattern in base._file_ignore_patterns],
        "shell": list(parts.get("shell", [])),
        "lines": _set({name: parts.get(name) for name in ("base", "start", "ready")}),
    }
    return _set(fields)


def _flag(value):
    return None if value is None else bool(value)


def _set(record):
    return {name: value for name, value in record.items() if value is not None}
