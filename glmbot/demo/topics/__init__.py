"""What the demo model knows, one topic a module."""
