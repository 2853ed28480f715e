"""PromQL as the engine's own grammar reads it."""

from alertproof.promql.comparison import SplitComparison, split_comparison, split_comparisons
from alertproof.promql.dependencies import Dependencies, dependencies
from alertproof.promql.names import clock_functions, has_nameless_selector, metric_names
from alertproof.promql.parse import parse
from alertproof.promql.reach import reach_ms

__all__ = [
    "Dependencies",
    "SplitComparison",
    "clock_functions",
    "dependencies",
    "has_nameless_selector",
    "metric_names",
    "parse",
    "reach_ms",
    "split_comparison",
    "split_comparisons",
]
