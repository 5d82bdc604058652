"""`python -m cli` is `swipegan`."""

from cli.main import main

main()
