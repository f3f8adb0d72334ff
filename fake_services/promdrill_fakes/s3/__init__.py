"""A stand-in for S3."""
