"""What commands print: as wide as the terminal, or WIDTH elsewhere; tables; a bar."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn
from rich.table import Table

WIDTH = 140


def console(out: OutputWrapper, *, width: int = WIDTH) -> Console:
    return Console(file=cast(IO[str], out._out), width=None if out.isatty() else width)


def table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    made = Table(title=title, title_justify="left")
    for head in heads:
        made.add_column(head)
    for row in rows:
        made.add_row(*row)
    return made


@contextmanager
def bar(console: Console, *, hidden: bool) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal while something is done; yields what hears how much is, 0 to 1."""
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    disable = hidden or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=disable) as progress:
        task = progress.add_task("", total=1)
        yield lambda done: progress.update(task, completed=done)
