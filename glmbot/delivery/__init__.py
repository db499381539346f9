"""From a reply to the platform."""
