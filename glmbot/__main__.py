"""`python -m glmbot` is the same as `glmbot`."""

from glmbot.cli.main import main

main()
