"""Builds the template from a laptop: python build.py. In CI, the action builds it with the same settings."""

from dotenv import load_dotenv
from novita_sandbox.core import Template, default_build_logger
from template import template

if __name__ == "__main__":
    load_dotenv()
    Template.build(
        template,
        "python-recipe",
        cpu_count=2,
        memory_mb=2048,
        on_build_logs=default_build_logger(),
    )
