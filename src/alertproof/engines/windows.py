"""The first way to replay: many scenarios side by side on one axis of time, evaluated by range queries.

promtool writes the blocks, one Prometheus serves them, and each expression is asked for once over all windows that
share its rhythm. Judges the value of an expression and where it flips; it knows nothing of `for`, and OpenMetrics has
no stale marker, so a series that ends is seen for the lookback delta more.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from alertproof.engines.host import Host, Program
from alertproof.engines.http import LOOPBACK, call, free_port, wait_until_ready
from alertproof.errors import EngineRefused
from alertproof.model.observation import Point, Vector
from alertproof.model.series import METRIC_NAME, Scenario, Series, quote
from alertproof.promql.reach import LOOKBACK_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# promtool reads its whole input once per block; few large blocks make that some twenty-five times cheaper than
# two-hour ones.
_BLOCK = "744h"
# promtool takes the largest of 2 h, 6 h, 18 h, … that fits.
_BLOCK_MS = 486 * 3_600_000
# A second's work for promtool; smaller files would pay its start more often.
_CHUNK_SAMPLES = 250_000
# In 2020, at the start of a block: old enough for no clock to reach.
EPOCH_MS = 1_600_000_000_000 - 1_600_000_000_000 % _BLOCK_MS
MAX_STEPS = 11_000
_QUERIES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule as a window needs it: evaluated every `interval_ms`, its result a series named `record`.

    A `late` one stands behind the alert that reads it, which therefore sees what the evaluation before gave.
    """

    record: str
    expr: str
    labels: tuple[tuple[str, str], ...]
    interval_ms: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A scenario, and the evaluations wanted: every expression at `start_ms`, `start_ms + step_ms`, … `end_ms`.

    `reach_ms` is how far back the expressions look; it sets the distance to the next window. `recordings` are the
    recording rules that they read, in the order of their dependence.
    """

    scenario: Scenario
    expressions: tuple[str, ...]
    start_ms: int
    end_ms: int
    step_ms: int
    reach_ms: int
    recordings: tuple[Recording, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowResult:
    """Per expression, the vectors at each evaluation; `recorded` are the series that recording rules gave."""

    ticks_ms: tuple[int, ...]
    vectors: Mapping[str, tuple[Vector, ...]]
    recorded: tuple[Series, ...] = ()


def replay_windows(host: Host, folder: Path, windows: Sequence[Window]) -> tuple[WindowResult, ...]:
    """Give what each window's expressions return, in order.

    Raises EngineRefused where the engine rejects a sample or an expression, EngineDied where it stops.
    """
    results: dict[int, WindowResult] = {}
    by_lookback: dict[int, list[int]] = defaultdict(list)
    for index, window in enumerate(windows):
        by_lookback[_lookback_ms(window.scenario)].append(index)
    for lookback, indexes in by_lookback.items():
        found = _replay(host, folder, [windows[index] for index in indexes], lookback)
        results |= dict(zip(indexes, found, strict=True))
    return tuple(results[index] for index in range(len(windows)))


def _lookback_ms(scenario: Scenario) -> int:
    """Give the lookback of a scenario's server: a sample's distance where a series is stale somewhere.

    OpenMetrics has no stale marker. With samples at every scrape but those that are missing, a lookback just short of
    the distance between two samples lets a series vanish exactly where its marker would stand.
    """
    return scenario.step_ms - 1 if any(series.gaps for series in scenario.series) else LOOKBACK_MS


def _replay(host: Host, folder: Path, windows: Sequence[Window], lookback_ms: int) -> tuple[WindowResult, ...]:
    run = Path(tempfile.mkdtemp(prefix="windows-", dir=folder))
    origins = _lay_out(windows)
    _write_blocks(host, run, windows, origins)
    results: list[dict[str, dict[int, list[Point]]]] = [
        {expression: defaultdict(list) for expression in window.expressions} for window in windows
    ]
    queries = list(_plan(windows, origins))
    # The server answers one query while we read the answer to another.
    with _serve(host, run, lookback_ms) as url, ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
        for query, answer in zip(queries, pool.map(partial(_ask, url), queries), strict=True):
            for at_ms, point in _points(answer):
                if (index := query.owners.get(at_ms)) is not None:
                    results[index][query.expression][at_ms].append(point)
    shutil.rmtree(run / "data", ignore_errors=True)
    return tuple(
        _result(window, origin, result) for window, origin, result in zip(windows, origins, results, strict=True)
    )


def _lay_out(windows: Sequence[Window]) -> tuple[int, ...]:
    """Give each window its own start, far enough from its neighbour that neither sees the other.

    Windows of one length and reach get one stride, so that one range query steps from end to end.
    """
    origins = []
    free = EPOCH_MS
    for window in windows:
        origins.append(free)
        free += _stride(window)
    return tuple(origins)


def _stride(window: Window) -> int:
    span = max(window.scenario.length_ms, window.end_ms) + max(window.reach_ms, LOOKBACK_MS)
    unit = math.lcm(window.step_ms, window.scenario.step_ms)
    return -(-span // unit) * unit + unit


def _write_blocks(host: Host, run: Path, windows: Sequence[Window], origins: Sequence[int]) -> None:
    """Write all windows: one file a chunk, promtool on one while the next is written."""
    (run / "data").mkdir()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        writers = []
        for number, chunk in enumerate(_chunks(windows, origins)):
            source = run / f"samples-{number}.om"
            with source.open("w", encoding="utf-8") as sink:
                for index in chunk:
                    sink.writelines(_openmetrics(windows[index], origins[index]))
                sink.write("# EOF\n")
            writers.append(pool.submit(write_blocks, host, run, source))
        for writer in writers:
            writer.result()


def _chunks(windows: Sequence[Window], origins: Sequence[int]) -> Iterator[list[int]]:
    """Give neighbours that go into one file: not too many samples, and no block boundary between them.

    promtool reads its whole input once for each block it touches.
    """
    chunk: list[int] = []
    samples = 0
    for index, window in enumerate(windows):
        size = sum(len(series.samples) for series in window.scenario.series)
        same_block = not chunk or origins[chunk[0]] // _BLOCK_MS == (origins[index] + _stride(window)) // _BLOCK_MS
        if chunk and (samples + size > _CHUNK_SAMPLES or not same_block):
            yield chunk
            chunk, samples = [], 0
        chunk.append(index)
        samples += size
    yield chunk


def write_blocks(host: Host, run: Path, source: Path) -> None:
    """Write an OpenMetrics file into `run/data` as blocks, and remove it.

    One bad line loses a whole block, so promtool's exit code decides, never silence.
    """
    arguments = ["tsdb", "create-blocks-from", "openmetrics", f"--max-block-duration={_BLOCK}"]
    done = host.run(Program.PROMTOOL, [*arguments, str(source), str(run / "data")], run)
    if done.code:
        raise EngineRefused("promtool could not write the series as blocks", done.errors or done.output)
    source.unlink()


def openmetrics_lines(labels: Mapping[str, str], times: Sequence[str], samples: tuple[float | None, ...]) -> str:
    """Give the OpenMetrics lines of one series; `times` are texts of Unix seconds, shared by many series.

    Where there is no sample there is no line.
    """
    inner = ",".join(f"{name}={quote(value)}" for name, value in labels.items() if name != METRIC_NAME)
    head = f"{labels[METRIC_NAME]}{{{inner}}}"
    return "".join([f"{head} {value} {at}\n" for value, at in zip(_texts(samples), times, strict=False) if value])


@lru_cache(maxsize=1_000)
def _texts(samples: tuple[float | None, ...]) -> tuple[str, ...]:
    """Give samples as text, exact; whole numbers lose their ".0", and no sample is no text.

    This is where the time goes, and buckets of a histogram often have the same samples.
    """
    return tuple(["" if value is None else repr(value).removesuffix(".0") for value in samples])


def unix_texts(start_ms: int, step_ms: int, count: int) -> list[str]:
    """Give `count` times from `start_ms` on as OpenMetrics writes them, Unix seconds."""
    return [f"{at / 1000!r}".removesuffix(".0") for at in range(start_ms, start_ms + count * step_ms, step_ms)]


def _openmetrics(window: Window, origin_ms: int) -> Iterator[str]:
    """Give the lines of a window; series that none of its expressions can name are left out."""
    scenario = window.scenario
    length = max((len(series.samples) for series in scenario.series), default=0)
    times = unix_texts(origin_ms, scenario.step_ms, length)
    for series in scenario.series:
        # A name that is no part of the text cannot be selected by it, unless it is matched by a pattern.
        if any(series.labels[METRIC_NAME] in text or METRIC_NAME in text for text in window.expressions):
            own = times if series.step_ms is None else unix_texts(origin_ms, series.step_ms, len(series.samples))
            yield openmetrics_lines(series.labels, own, series.samples)


@dataclass(frozen=True, slots=True)
class _Query:
    """One range query, and the window that each of its evaluations belongs to; those between windows have none."""

    expression: str
    start_ms: int
    end_ms: int
    step_ms: int
    owners: Mapping[int, int]


def _plan(windows: Sequence[Window], origins: Sequence[int]) -> Iterator[_Query]:
    """Give the queries: neighbours of one rhythm share one, which steps over the gaps between them as well."""
    for run in _runs(windows, origins):
        first = windows[run[0]]
        step = first.step_ms if first.start_ms != first.end_ms else _stride(first)
        ticks = range(first.start_ms, first.end_ms + 1, first.step_ms)
        owners = {origins[index] + tick: index for index in run for tick in ticks}
        start, end = min(owners), max(owners)
        for expression in first.expressions:
            # A window may itself have more evaluations than a server answers at once.
            for begin in range(start, end + 1, MAX_STEPS * step):
                yield _Query(expression, begin, min(end, begin + (MAX_STEPS - 1) * step), step, owners)


def _runs(windows: Sequence[Window], origins: Sequence[int]) -> Iterator[list[int]]:
    """Give runs of neighbours that one query can serve, none longer than a server's step limit."""
    run: list[int] = []
    for index, window in enumerate(windows):
        if run and not _share(windows[run[0]], window, origins[index] - origins[run[0]]):
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _share(first: Window, other: Window, distance_ms: int) -> bool:
    """Give whether a query that starts at the first window can step as far as the other, `distance_ms` later."""
    alike = (first.expressions, first.start_ms, first.end_ms, first.step_ms, _stride(first)) == (
        other.expressions,
        other.start_ms,
        other.end_ms,
        other.step_ms,
        _stride(other),
    )
    step = first.step_ms if first.start_ms != first.end_ms else _stride(first)
    return alike and (distance_ms + first.end_ms - first.start_ms) // step < MAX_STEPS


@contextmanager
def _serve(host: Host, run: Path, lookback_ms: int) -> Iterator[str]:
    """Serve `run/data`, scraping nothing; give the URL."""
    config = run / "prometheus.yml"
    config.write_text("global: {}\n")
    address = f"{LOOPBACK}:{free_port()}"
    arguments = [
        f"--config.file={config}",
        f"--storage.tsdb.path={run / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
        f"--query.lookback-delta={lookback_ms}ms",
        "--log.level=warn",
    ]
    with host.serve(Program.PROMETHEUS, arguments, run, {}) as service:
        url = f"http://{address}"
        wait_until_ready(service, "prometheus", f"{url}/-/ready")
        yield url


def _ask(url: str, query: _Query) -> Any:
    form = urlencode(
        {
            "query": query.expression,
            "start": f"{query.start_ms / 1000:.3f}",
            "end": f"{query.end_ms / 1000:.3f}",
            "step": f"{query.step_ms / 1000:.3f}",
        }
    )
    return call(f"{url}/api/v1/query_range", form)


def _points(answer: Any) -> Iterator[tuple[int, Point]]:
    """Give every sample of an answer with its time in milliseconds."""
    for series in answer["data"]["result"]:
        labels = {name: value for name, value in series["metric"].items() if name != METRIC_NAME}
        for at, value in series["values"]:
            yield round(at * 1000), Point(labels, float(value))


def _result(window: Window, origin: int, found: Mapping[str, Mapping[int, list[Point]]]) -> WindowResult:
    ticks = tuple(range(window.start_ms, window.end_ms + 1, window.step_ms))
    return WindowResult(
        ticks,
        {
            expression: tuple(tuple(found[expression].get(origin + tick, ())) for tick in ticks)
            for expression in window.expressions
        },
    )
