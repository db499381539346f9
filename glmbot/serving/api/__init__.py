"""The HTTP API of the model server."""
