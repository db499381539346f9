"""Nobody sees what is somebody else's."""
