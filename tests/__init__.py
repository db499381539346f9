"""The tests of glmbot, laid out as glmbot is."""
