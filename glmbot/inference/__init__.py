"""The wire to the model server."""
