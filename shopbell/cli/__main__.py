"""`python -m shopbell.cli`, for children that must run this very interpreter."""

from shopbell.cli import main

main()
