"""The AI shorts platform: writes scripts, storyboards and captions for short films, job by job or in batches."""
