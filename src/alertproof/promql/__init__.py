"""PromQL as the engine's own grammar reads it."""

from alertproof.promql.comparison import SplitComparison, split_comparison
from alertproof.promql.names import metric_names
from alertproof.promql.parse import parse
from alertproof.promql.reach import reach_ms

__all__ = ["SplitComparison", "metric_names", "parse", "reach_ms", "split_comparison"]
