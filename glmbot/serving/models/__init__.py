"""Our own ports of the ChatGLM family."""
