"""PromQL as the engine's own grammar reads it."""

from alertproof.promql.comparison import SplitComparison, split_comparison
from alertproof.promql.parse import parse
from alertproof.promql.reach import reach_ms

__all__ = ["SplitComparison", "parse", "reach_ms", "split_comparison"]
