"""Series made from a contract's signal: for any level of it, without looking at the rule's expression."""

from alertproof.witness.levels import Domain, domain_of, search_levels
from alertproof.witness.synthesis import Phase, Target, declared_labels, metric_names, steady, synthesise

__all__ = [
    "Domain",
    "Phase",
    "Target",
    "declared_labels",
    "domain_of",
    "metric_names",
    "search_levels",
    "steady",
    "synthesise",
]
