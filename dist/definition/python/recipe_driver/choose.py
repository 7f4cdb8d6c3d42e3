"""Chooses the template among what a file defines."""

import asyncio
import inspect

from recipe_driver.fields import template_of
from recipe_driver.values import kind_of


class Unclear(Exception):
    """Nothing can be chosen: a title, what to do, and the name whose line is meant."""

    def __init__(self, title, message, name=None):
        super().__init__(title)
        self.problem = {"title": title, "message": message}
        self.name = name


EXPECTED = 'Name the template at the top level of the file: template = Template().from_python_image("3.12")…'


def choose(values, wanted, arguments, calling):
    """
    The name and the template that are meant: the one named `wanted`; else `template`; else the only template; else what
    the only function gives that needs no arguments. A function gets `arguments`.

    Gives (name, None) where a function was called that gave no template: it may have asked for a build.
    """
    if wanted:
        if wanted not in values:
            raise Unclear(f"No variable {wanted}", f"export: {wanted} is no variable of the file. {_defines(values)}")
        return wanted, _made(wanted, values[wanted], arguments, calling)
    found = {name: value for name, value in values.items() if not name.startswith("_") and _is_template(value)}
    if "template" in found:
        return "template", template_of(found["template"])
    distinct = {id(template_of(value)) for value in found.values()}
    if len(distinct) == 1:
        name = list(found)[-1]
        return name, template_of(found[name])
    if found:
        raise Unclear(
            "Several templates defined",
            f"The file defines {len(distinct)} templates: {', '.join(found)}. Which one is meant is not clear: name it with the input export:, or call it template.",
            list(found)[0],
        )
    name = _function(values, arguments)
    if name is None:
        raise Unclear("No template defined", f"{_defines(values)} {EXPECTED}")
    return name, _made(name, values[name], arguments, calling)


def _is_template(value):
    return not inspect.isclass(value) and template_of(value) is not None


def _function(values, arguments):
    functions = {name: value for name, value in _functions(values).items() if _fits(value, arguments)}
    if len(functions) < 2:
        return next(iter(functions), None)
    for likely in (lambda name: name in ("template", "default"), lambda name: "template" in name.lower()):
        matching = [name for name in functions if likely(name)]
        if len(matching) == 1:
            return matching[0]
    raise Unclear(
        "Several functions could give the template",
        f"The file defines no template, and the functions {', '.join(functions)} need no arguments. Name the one that is meant with the input export:.",
        next(iter(functions)),
    )


def _functions(values):
    return {
        name: value
        for name, value in values.items()
        if inspect.isfunction(value) and value.__module__ == "__main__" and not name.startswith("_")
    }


def _bound(function, arguments):
    signature = inspect.signature(function)
    if isinstance(arguments, dict):
        return signature.bind(**arguments)
    return signature.bind(*(arguments if isinstance(arguments, list) else [] if arguments is None else [arguments]))


def _fits(function, arguments):
    try:
        return bool(_bound(function, arguments)) or True
    except (TypeError, ValueError):
        return False


def _made(name, value, arguments, calling):
    if _is_template(value):
        return template_of(value)
    if not inspect.isfunction(value):
        raise Unclear(
            f"{name} is not a template", f"The variable {name} is {kind_of(value)}; a template is expected.", name
        )
    try:
        bound = _bound(value, arguments)
    except TypeError as error:
        hint = (
            "Give them with the input args:, as JSON, or give defaults."
            if arguments is None
            else "The input args: gives others; a JSON object gives them by name."
        )
        raise Unclear(
            "The function takes other arguments",
            f"{name}{inspect.signature(value)}: {error}. {hint}",
            name,
        ) from None
    calling(name)
    made = value(*bound.args, **bound.kwargs)
    if inspect.isawaitable(made):
        made = asyncio.run(_awaited(made))
    return template_of(made) if _is_template(made) else None


async def _awaited(value):
    return await value


def _defines(values):
    listed = [
        f"{name} ({'a template' if _is_template(value) else kind_of(value)})"
        for name, value in values.items()
        if not name.startswith("__") and not inspect.ismodule(value) and not _is_imported(value)
    ]
    if not listed:
        return "The file defines nothing."
    return f"It defines {', '.join(listed[:10])}{', …' if len(listed) > 10 else ''}."


def _is_imported(value):
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ != "__main__"
