"""The content creation crew: generates texts, voices, images and clips, and keeps them for as long as the plan says."""
