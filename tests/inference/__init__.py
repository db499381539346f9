"""Tests of the wire to the model server."""
