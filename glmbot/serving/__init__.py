"""The model server: the only home of torch and transformers."""
