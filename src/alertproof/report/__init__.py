"""What people and machines read, drawn from finished results alone."""
