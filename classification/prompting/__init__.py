"""The prompts of chat models: messages, demonstrations, and both as token ids."""
