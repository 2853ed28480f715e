"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from alertproof.engines.choose import EngineOptions

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FOLDER = click.Path(file_okay=False, path_type=Path)


def engine_options(command: _Command) -> _Command:
    """Add the options that choose an engine."""
    for option in reversed(
        (
            click.option(
                "--engine",
                type=click.Choice(["auto", "local", "container"]),
                default="auto",
                help="Where to run.",
            ),
            click.option("--engine-version", metavar="X.Y", help="Prometheus version wanted, such as 2.42 or 3.5."),
            click.option("--alertmanager-version", metavar="X.Y", help="Alertmanager version wanted, such as 0.25."),
            click.option("--engine-dir", type=_FOLDER, help="Folder with prometheus, promtool, alertmanager, amtool."),
            click.option("--prometheus-image", metavar="IMAGE", help="Container image, name and tag."),
            click.option("--alertmanager-image", metavar="IMAGE", help="Container image, name and tag."),
        )
    ):
        command = option(command)
    return command


def output_options(command: _Command) -> _Command:
    """Add the options that say what is printed and kept."""
    for option in reversed(
        (
            click.option(
                "--json", "json_target", metavar="FILE|-", help="Write the result as JSON; - is standard output."
            ),
            click.option(
                "--keep", type=_FOLDER, help="Keep the evidence (series, configurations, logs) in this folder."
            ),
            click.option(
                "--pictures", type=_FOLDER, metavar="DIR", help="Draw a picture of every proof into this folder."
            ),
            click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
            click.option("-v", "--verbose", is_flag=True, help="Print payloads and the overlay, too."),
            click.option("-k", "keyword", metavar="EXPR", help="Only alerts whose id matches, as in pytest."),
        )
    ):
        command = option(command)
    return command


def realtime_option(command: _Command) -> _Command:
    """Add the option that waits out every `for`."""
    option = click.option(
        "--realtime",
        is_flag=True,
        help="Deliver in real time: wait out every `for` instead of restoring it. Takes as long as the longest.",
    )
    return option(command)


def engine_choice(values: dict[str, Any]) -> EngineOptions:
    """Take the engine options out of a command's values."""
    return EngineOptions(
        kind=values.pop("engine"),
        version=values.pop("engine_version"),
        alertmanager_version=values.pop("alertmanager_version"),
        engine_dir=values.pop("engine_dir"),
        prometheus_image=values.pop("prometheus_image"),
        alertmanager_image=values.pop("alertmanager_image"),
    )
