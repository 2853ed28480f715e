"""alertproof proves that alerts do what their owners think they do, on real engines."""
