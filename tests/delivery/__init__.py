"""Tests of glmbot.delivery."""
