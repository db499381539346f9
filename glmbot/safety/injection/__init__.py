"""Finds prompt injection by its intents, without a model."""

from glmbot.safety.injection.score import THRESHOLD, Channel, Injection, score

__all__ = ["THRESHOLD", "Channel", "Injection", "score"]
