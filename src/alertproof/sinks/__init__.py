"""What the receivers would have got: a proxy in their place, their answers, and what their payloads mean."""
