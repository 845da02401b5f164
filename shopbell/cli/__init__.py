"""The `shopbell` command: one line for every error, and services started where none run."""

import errno
import logging
import signal
import sys
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated, Any
from uuid import UUID

import typer

from shopbell.cli.failure import Failure
from shopbell.cli.loading import loading
from shopbell.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A help desk for shops: an assistant answers first, people take over live.",
)

admin = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The people who run the desk."
)
demo = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The demo shop.")
app.add_typer(admin, name="admin")
app.add_typer(demo, name="demo")
knowledge = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What the assistant may quote."
)
app.add_typer(knowledge, name="knowledge")
tags = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What tickets are tagged by, and how well."
)
app.add_typer(tags, name="tags")

shop = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The embedded shop.")
app.add_typer(shop, name="shop")

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder that holds all state (./.shopbell).")
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on (8000).")]


def main() -> None:
    """Run the command line; a Failure becomes one line on stderr and its exit code."""
    signal.signal(signal.SIGTERM, _leave)
    # Unless a command sends them somewhere, what libraries log is not for who typed it.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        app()
    except (Failure, SettingsError) as failure:
        _end(str(failure), getattr(failure, "code", 1))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _end("The disk is full: free some space, then start again.")


@app.command()
def parse(
    channel: Annotated[str, typer.Argument(help="The channel, such as email or whatsapp.")],
    files: Annotated[list[Path], typer.Argument(help="Payloads as the platform sends them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each file.")] = False,
    data: Data = None,
) -> None:
    """Show what a channel's connector reads in payloads; nothing is kept, whatever --data says."""
    del data
    from shopbell.cli import payloads

    payloads.parse(channel, files, as_json=as_json)


@app.command()
def replay(
    ids: Annotated[list[UUID] | None, typer.Argument(help="Payloads by id.")] = None,
    which: Annotated[
        str, typer.Option("--which", help="Else all that are unread, waiting, done, or all.")
    ] = "unread",
    data: Data = None,
) -> None:
    """Read kept payloads again, such as those a connector did not understand."""
    from shopbell.cli import payloads

    if which not in ("unread", "waiting", "done", "all"):
        raise Failure(f"--which is {which}: give unread, waiting, done or all.")
    payloads.replay(data=data, which=which, ids=ids or [])


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database up to this version's schema."""
    from shopbell.cli import house, prepare

    with house.services(redis=False, data=data) as found:
        applied = prepare.migrate(found.settings)
    print(f"migrated {', '.join(applied)}" if applied else "nothing to migrate")


@app.command()
def seed(data: Data = None) -> None:
    """Fill the database with the demo shop, once, and print its log-ins."""
    from shopbell.cli import house, prepare

    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        print(*prepare.fill(found.settings), sep="\n")


@app.command()
def serve(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Serve the inbox, the widget and the API until Ctrl-C."""
    with loading():
        from shopbell.cli import address, house
        from shopbell.cli.serving import serve as serve_until_stopped
        from shopbell.settings import load

    address.check_port(load({"data": data, "host": host, "port": port}))
    with (
        house.services(data=data, host=host, port=port) as found,
        address.told(found.settings),
    ):
        serve_until_stopped(found.settings)


@app.command()
def work(data: Data = None) -> None:
    """Run the jobs, such as the assistant's turns, until Ctrl-C."""
    with loading():
        from shopbell.cli import house
        from shopbell.cli.logs import begin_logging

    with house.services(data=data) as found:
        begin_logging(found.settings.log_level)
        _part("shopbell.jobs.worker", "run")(found.settings)


@app.command()
def dev(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    empty: Annotated[bool, typer.Option("--empty", help="Start without the demo shop.")] = False,
) -> None:
    """Run everything until Ctrl-C: services, schema, demo shop, server and worker."""
    from shopbell.cli.dev import run

    run(empty=empty, data=data, host=host, port=port)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What a shopper might ask.")],
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> None:
    """Ask the assistant: its decision, answer, citations, scores and cost."""
    from shopbell.cli.asking import ask as ask_assistant

    ask_assistant(question, data=data, as_json=as_json)


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled questions, a JSON object a line.")],
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure, as JSON.")] = False,
) -> None:
    """Measure search and the assistant's decisions, without a model, on labelled questions."""
    from shopbell.cli.evaluating import evaluate as measure

    measure(file, data=data, as_json=as_json)


@knowledge.command("add")
def knowledge_add(
    path: Annotated[Path, typer.Argument(help="A file, or a folder: Markdown, text, HTML.")],
    data: Data = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until all of it is found by meaning too.")
    ] = False,
) -> None:
    """Add files to the base, each a source by its path in the folder; the same again is no work."""
    from shopbell.cli.learning import add

    add(path, data=data, wait=wait)


@tags.command("learn")
def tags_learn(
    file: Annotated[Path, typer.Argument(help='{"text": "…", "label": name or null} a line.')],
    taxonomy: Annotated[str, typer.Option("--set", help="Which taxonomy.")] = "shop",
    data: Data = None,
) -> None:
    """Teach a taxonomy by labelled lines, in place of those it was taught by before."""
    from shopbell.cli.tagging import learn

    learn(file, taxonomy=taxonomy, data=data)


@tags.command("evaluate")
def tags_evaluate(
    file: Annotated[Path, typer.Argument(help='{"text": "…", "label": name or null} a line.')],
    taxonomy: Annotated[str, typer.Option("--set", help="Which taxonomy.")] = "shop",
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure, as JSON.")] = False,
) -> None:
    """Measure a taxonomy on labelled lines that it was not taught by."""
    from shopbell.cli.tagging import evaluate as measure_tags

    measure_tags(file, taxonomy=taxonomy, data=data, as_json=as_json)


@shop.command("load")
def shop_load(
    file: Annotated[Path, typer.Argument(help="Products, customers and orders, as JSON.")],
    data: Data = None,
) -> None:
    """Fill the embedded shop from a file; docs/actions.md describes it. Loading again is harmless."""
    from shopbell.cli.shop import load

    load(file, data=data)


@app.command()
def act(
    action: Annotated[str, typer.Argument(help="The action, such as cancel or refund.")],
    args: Annotated[str, typer.Option("--args", help="Its arguments, as a JSON object.")],
    customer: Annotated[str, typer.Option("--as", help="The customer's e-mail or phone.")],
    verified: Annotated[bool, typer.Option("--verified", help="They proved who they are.")] = False,
    by: Annotated[str, typer.Option("--by", help="assistant, agent or admin.")] = "assistant",
    saying: Annotated[str, typer.Option("--saying", help="The customer's own words.")] = "",
    key: Annotated[str, typer.Option("--key", help="Acting again by one key acts once.")] = "",
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> None:
    """Do one action on the embedded shop, as far as policy allows; it goes through the ledger."""
    from shopbell.cli.shop import run_action

    run_action(
        action, args, customer, verified=verified, by=by, saying=saying, key=key, data=data,
        as_json=as_json,
    )  # fmt: skip


@app.command()
def doctor(data: Data = None, port: Port = None) -> None:
    """Check each part by using it; exit code 1 where one fails."""
    from shopbell.cli.doctor import examine

    raise SystemExit(examine(data=data, port=port))


@admin.command("create")
def admin_create(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str, typer.Option("--name", help="How customers know this person.")] = "",
    data: Data = None,
) -> None:
    """Add an admin, and print a one-time link with which they choose a password."""
    from shopbell.cli.admin import create

    create(email, name=name, data=data)


@demo.command("traffic")
def demo_traffic(
    data: Data = None,
    port: Port = None,
    shoppers: Annotated[int, typer.Option("--shoppers", help="How many at a time.")] = 3,
    seconds: Annotated[float, typer.Option("--seconds", help="For how long; 0 for ever.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Which visits, in which order.")] = 1,
) -> None:
    """Play shoppers who write to the running demo shop, so that the inbox moves."""
    from shopbell.cli.traffic import play

    play(data=data, port=port, shoppers=shoppers, seconds=seconds, seed=seed)


@demo.command("channels")
def demo_channels(
    data: Data = None,
    port: Port = None,
    pages: Annotated[int, typer.Option("--pages", help="Port of the pages; 0 for any.")] = 8100,
) -> None:
    """Play every platform for the running desk, with a page to be a shopper on each."""
    from shopbell.cli.demo_channels import play

    play(data=data, port=port, pages_port=pages)


def _part(module: str, name: str) -> Any:
    """A part loaded when it is needed, so that the other commands start fast."""
    try:
        with loading():
            return getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not module.startswith(missing.name):
            raise
        raise Failure(f"This build of Shopbell has no {module}: this command needs it.") from None


def _leave(number: int, _frame: FrameType | None) -> None:
    """End on a signal as on an exit, so that whatever was started is stopped."""
    raise SystemExit(128 + number)


def _end(line: str, code: int = 1) -> None:
    print(f"shopbell: {line}", file=sys.stderr)
    raise SystemExit(code)
