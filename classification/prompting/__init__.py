"""What a chat model is shown: messages, demonstrations, and both as token ids."""
