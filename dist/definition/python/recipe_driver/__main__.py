"""The process of a recipe in Python: reads one request from standard input, and answers on descriptor 3."""

import os
import sys

# Nothing of ours is found by the recipe's imports: the folder of this package is on the path only here.
parent = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, parent)
from recipe_driver import run  # noqa: E402

sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") not in (parent, os.path.dirname(__file__))]
run.main()
