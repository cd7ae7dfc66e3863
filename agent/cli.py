"""The command line, `finetune-coverage`: the list of commands, and how any error ends.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from ..tools.data_folder import private_files
from ..tools.errors import CoverageError, InternalError
from ..tools.failure import unforeseen_words
from .commands import (
    analyze,
    chat,
    datasets,
    demo,
    doctor,
    export,
    generate,
    jobs,
    mcp,
    plans,
    recommend,
    review,
    rules,
    scenarios,
    serve,
    targets,
    threads,
    topics,
    validate,
    worker,
    workflows,
)
from .output import ExitCode, print_error, print_json

app = typer.Typer(
    name="finetune-coverage",
    help="Make a fine-tuning dataset balanced: measure its topic coverage, fill the gaps with your approval, "
    "measure again.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("import")(datasets.import_)
app.command("analyze")(analyze.analyze)
app.command("recommend")(recommend.recommend)
app.add_typer(targets.app, name="targets")
app.command("chat")(chat.chat)
app.command("generate")(generate.generate)
app.add_typer(plans.app, name="plans")
app.add_typer(jobs.app, name="jobs")
app.command("validate")(validate.validate)
app.command("review")(review.review)
app.add_typer(rules.app, name="rules")
app.command("scenarios")(scenarios.scenarios)
app.add_typer(topics.app, name="topics")
app.command("export")(export.export)
app.add_typer(workflows.app, name="workflows")
app.add_typer(threads.app, name="threads")
app.command("worker")(worker.worker)
app.command("serve")(serve.serve)
app.command("mcp")(mcp.mcp)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


@cache
def _command() -> Callable[..., Any]:
    """The commands as Typer builds them from their functions, once in a process."""
    return typer.main.get_command(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"finetune-coverage {version('finetune-coverage')}\n")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="A file with settings, as NAME=value lines. None is read unasked, but for .env in the data folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Options before the command."""
    if env_file is not None:
        from ..tools.settings_files import ENV_FILE

        # In the environment, so that processes which a command starts read the same.
        before = os.environ.get(ENV_FILE)
        os.environ[ENV_FILE] = str(env_file.expanduser().absolute())
        context.call_on_close(lambda: _restore(ENV_FILE, before))


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands after the program's name; the process's own when not given.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 3 short of the count, 4 not approved, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = bool(os.environ.get("FINETUNE_COVERAGE_DEBUG"))
    _prepare_streams()
    if not debug:
        _quiet_libraries()
    try:
        with private_files():
            _command()(args=words, prog_name="finetune-coverage")
    except SystemExit as end:
        return _flushed(end.code if isinstance(end.code, int) else int(bool(end.code)))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except CoverageError as error:
        return _fail(error, as_json="--json" in words)
    except BrokenPipeError:  # the reader of our output left, as `| head` does
        sys.stdout = io.StringIO()
        return ExitCode.FAILED
    except OSError as error:
        return _fail(InternalError(f"{type(error).__name__}: {error}"), as_json="--json" in words)
    except Exception as error:
        if debug:
            raise
        hint = "This should not happen. FINETUNE_COVERAGE_DEBUG=1 shows where."
        failure = InternalError(unforeseen_words(error), hint=hint)
        return _fail(failure, as_json="--json" in words)
    return ExitCode.DONE


def _fail(error: CoverageError, *, as_json: bool) -> int:
    if as_json:
        print_json(error.to_failure())
    print_error(error)
    return ExitCode.FAILED


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = io.StringIO()
    return code


def _prepare_streams() -> None:
    """A terminal or pipe with another encoding must not break a run over one character of a dataset."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _quiet_libraries() -> None:
    """People see our words, not the warnings of libraries; FINETUNE_COVERAGE_DEBUG=1 shows those."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    if not logging.root.handlers:
        logging.root.addHandler(logging.NullHandler())
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")


if __name__ == "__main__":
    sys.exit(main())
