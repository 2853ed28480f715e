"""`python -m alertproof`."""

from alertproof.cli import main

main()
