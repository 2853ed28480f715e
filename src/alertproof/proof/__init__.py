"""From a contract and a rule to a verdict: plan the scenarios, replay them, judge what the engines saw."""
