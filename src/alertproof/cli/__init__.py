"""The command line: a thin layer that reads options, calls the packages below, prints and exits."""

from alertproof.cli.main import main

__all__ = ["main"]
