"""The command group, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from alertproof.cli.engines import engines
from alertproof.cli.prove import check, prove
from alertproof.errors import EXIT_INTERRUPTED, EXIT_USAGE, AlertproofError

if TYPE_CHECKING:
    from types import FrameType


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="alertproof")
def cli() -> None:
    """Prove that alerts do what their owners think, on a real Prometheus and Alertmanager.

    Exit codes: 0 all good; 1 a refuted or undecided proof, or a finding; 2 unusable input or usage; 3 an engine
    failed; 130 interrupted.
    """


cli.add_command(check)
cli.add_command(prove)
cli.add_command(engines)


def main() -> None:
    """Run the command line and exit with its code."""
    # A job that is cancelled gets SIGTERM; servers must be stopped then as well.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; everything is stopped", err=True)
        code = EXIT_INTERRUPTED
    except AlertproofError as error:
        click.echo(f"alertproof: {error}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our pipe has gone: nothing left to say, and no traceback at exit.
        _silence()
        code = 1
    except OSError as error:
        # Without a file name it is the output itself: a full disk behind a redirection.
        what = error.filename or "the output cannot be written"
        click.echo(f"alertproof: {what}: {error.strerror}", err=True)
        _silence()
        code = EXIT_USAGE
    sys.exit(code)


def _silence() -> None:
    """Send what is still buffered nowhere, so that Python does not fail on it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # A second Ctrl-C would cut the stopping of the servers short, and leave them behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
