"""The words of the project as frozen data: rules, contracts, metrics, series, observations, proofs."""
