"""Runs the recipe's file as Python itself does, with what it imports."""

import ast
import importlib.machinery
import importlib.util
import os
import sys
import types
import zipimport
from importlib import _bootstrap_external as files

from recipe_driver.sdk import ALIASES


def run_file(file, working_directory, read):
    """
    Prepares the file to run as `__main__`: its module, which can be looked at when the file fails, the lines of its
    `if __name__ == "__main__":`, and what runs it.
    """
    source = read(file)
    tree = ast.parse(source, filename=file)
    module = types.ModuleType("__main__")
    module.__file__ = file
    module.__builtins__ = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [file]
    folder = os.path.dirname(file)
    sys.path.insert(0, folder)
    # Last: a folder of the checkout must not take the place of a package.
    for above in _folders_up_to(working_directory, folder):
        if above not in sys.path:
            sys.path.append(above)

    def run():
        code = compile(source, file, "exec", dont_inherit=True)
        level = _deepest_import(tree)
        if level:
            module.__package__ = _package(folder, level)
        exec(code, module.__dict__)

    return module, _main_block(tree), run


def _folders_up_to(root, folder):
    """The folders around a file, the nearest first: a script may be run from any of them."""
    folders = [root]
    while folder.startswith(os.path.join(root, "")):
        folders.insert(-1, folder)
        folder = os.path.dirname(folder)
    return folders


def _main_block(tree):
    """The lines of `if __name__ == "__main__":`."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


def _deepest_import(tree):
    """The most dots with which a relative import begins."""
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _package(folder, level):
    """The package that relative imports of a file in this folder start from."""
    parts = []
    root = folder
    while len(parts) < level or os.path.isfile(os.path.join(root, "__init__.py")):
        root, name = os.path.split(root)
        if not name:
            break
        parts.insert(0, name)
    top = parts[0] if parts else ""
    path = os.path.join(root, top)
    init = os.path.join(path, "__init__.py")
    is_package = os.path.isfile(init)
    sys.path.append(root)
    # By its own name it might be the SDK (e2b/), a module of Python, or template.py beside the file (template/).
    if is_package and top not in ALIASES and "." not in top and _found_at(top) == init:
        return ".".join(parts)
    name = f"recipe_of_{top.replace('.', '_')}"
    loader = importlib.machinery.SourceFileLoader(name, init) if is_package else None
    spec = importlib.machinery.ModuleSpec(name, loader, is_package=True)
    spec.submodule_search_locations = [path]
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    if loader:
        loader.exec_module(package)
    return ".".join([name, *parts[1:]])


def _found_at(name):
    """The file that an import of this name would load."""
    spec = importlib.util.find_spec(name)
    return spec.origin if spec else None


def load_committed_only(require, folders):
    """
    From here on, Python loads only files that `require` agrees to, but for what is in these folders: the interpreter's
    own and the SDK's. Compiled files and archives are not loaded at all.
    """
    ours = [os.path.join(os.path.realpath(folder), "") for folder in folders]

    def is_ours(path):
        real = os.path.realpath(path)
        return "site-packages" not in real and any(real.startswith(folder) for folder in ours)

    read = files.FileLoader.get_data
    create = files.ExtensionFileLoader.create_module

    def get_data(self, path):
        if not is_ours(path):
            if not path.endswith(tuple(files.SOURCE_SUFFIXES)):
                # Python goes on with the source, if there is one.
                raise OSError(f"{path} is not loaded: only sources of the commit are")
            require(path)
        return read(self, path)

    def create_module(self, spec):
        if not is_ours(spec.origin):
            require(spec.origin)
        return create(self, spec)

    files.FileLoader.get_data = get_data
    files.ExtensionFileLoader.create_module = create_module
    sys.path_hooks[:] = [hook for hook in sys.path_hooks if hook is not zipimport.zipimporter]
    sys.path_importer_cache.clear()
