"""Reading files into models: every node keeps its place, every mistake is one clear error."""
