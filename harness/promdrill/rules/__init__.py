"""Prometheus' rules as data: PromQL, rule files, which rule feeds which, compressed time, and ways to break them."""
