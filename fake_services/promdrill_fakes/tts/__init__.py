"""Stand-ins for the TTS providers ElevenLabs, Piper and gTTS."""
