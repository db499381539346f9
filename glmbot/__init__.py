"""glmbot: a chat-bot framework with a ChatGLM-6B model server of its own."""
