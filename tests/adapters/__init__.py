"""Tests of glmbot/adapters."""
