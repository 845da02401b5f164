"""`bin/bench NAME`: run one benchmark, print its table, keep its figures."""

from pathlib import Path
from typing import Annotated

import typer

from bench.figures import ROOT, Report, as_json, table, write_into_page
from bench.process import quiet

quiet()

RESULTS = ROOT / "bench" / "results"
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Rounds = Annotated[int, typer.Option(help="How many rounds; the median is told.")]
Seconds = Annotated[float, typer.Option(help="How long each step lasts.")]
Keep = Annotated[bool, typer.Option("--keep", help="Write the table into docs/benchmarks.md.")]


@app.callback()
def everything() -> None:
    """`bin/bench NAME`: run one benchmark, print its table, keep its figures."""


@app.command()
def live(
    full: Annotated[
        bool, typer.Option("--full", help="10,000 idle shoppers and 1,000 agents.")
    ] = False,
    rounds: Rounds = 3,
    seconds: Seconds = 20.0,
    rate: Annotated[float, typer.Option(help="Messages a second.")] = 20.0,
    keep: Keep = False,
) -> None:
    """A shopper's message to an agent, and the assistant's first words to a shopper."""
    from bench import live as bench

    idle = (10_000, 1_000) if full else (900, 100)
    scale = bench.Scale(
        idle_shoppers=idle[0], idle_agents=idle[1], rate=rate, seconds=seconds, rounds=rounds
    )
    _told(bench.live(scale), keep)


@app.command()
def ack(rounds: Rounds = 3, seconds: Seconds = 3.0, keep: Keep = False) -> None:
    """Committed, then acked: against python-socketio and socket.io doing the same."""
    from bench import ack as bench

    _told(bench.ack(bench.Scale(seconds=seconds, rounds=rounds)), keep)


@app.command()
def servers(rounds: Rounds = 3, seconds: Seconds = 4.0, keep: Keep = False) -> None:
    """The same application served by uvicorn and by Granian."""
    from bench import servers as bench

    _told(bench.servers(bench.Scale(seconds=seconds, rounds=rounds)), keep)


@app.command()
def intake(
    rounds: Rounds = 3,
    seconds: Seconds = 8.0,
    rate: Annotated[float, typer.Option(help="Webhooks a second whose answers are timed.")] = 100.0,
    messages: Annotated[int, typer.Option(help="How many are imported, and replayed.")] = 100_000,
    keep: Keep = False,
) -> None:
    """Webhooks until they are written, an import, and a replay: against bare SQL and COPY."""
    from bench import intake as bench

    scale = bench.Scale(seconds=seconds, rate=rate, messages=messages, rounds=rounds)
    _told(bench.intake(scale), keep)


def _told(done: Report, keep: bool) -> None:
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{done.name}-{done.at:%Y%m%d-%H%M%S}.json"
    file.write_text(as_json(done) + "\n")
    print(table(done))
    print(
        f"\nevery round: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}"
    )
    if keep:
        write_into_page(done)
    raise typer.Exit(0 if done.passed else 1)


if __name__ == "__main__":
    app()
