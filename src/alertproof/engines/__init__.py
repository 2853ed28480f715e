"""Real Prometheus and Alertmanager: where the programs come from, and three ways to replay a scenario on them."""
