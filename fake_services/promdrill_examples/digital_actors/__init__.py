"""Digital actors: characters in scenes who answer visitors over a WebSocket, aloud, and remember what was said."""
