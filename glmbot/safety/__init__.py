"""What may come in and go out."""
