from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from promdrill_fakes.s3.listing import page

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from conftest import Fakes

KEYS = st.sets(st.text("ab/é", min_size=1, max_size=6), max_size=25)


def expected(keys: set[str], prefix: str, delimiter: str) -> list[str]:
    """Return the entries of a list by its definition: keys and common prefixes in byte order, each once."""
    entries = set()
    for key in keys:
        if key.startswith(prefix):
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            entries.add(prefix + head + found if found else key)
    return sorted(entries, key=str.encode)


@given(KEYS, st.text("ab/", max_size=3), st.sampled_from(["", "/", "b/"]), st.integers(1, 4))
def test_pages_add_up_to_the_list(keys: set[str], prefix: str, delimiter: str, limit: int) -> None:
    """Going from page to page gives every entry once, in order, whatever the size of a page."""
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        found = page(keys, prefix, delimiter, after, limit)
        seen += sorted([*found.keys, *found.prefixes], key=str.encode)
        after = found.last
    assert seen == expected(keys, prefix, delimiter)


def test_listing_by_prefix_and_delimiter(s3: BaseClient) -> None:
    """A list has the keys under a prefix, and stops at the delimiter."""
    for key in ("blog/free/1", "blog/free/2", "blog/pro/1", "blog/top", "clip/1"):
        s3.put_object(Bucket="artifacts", Key=key, Body=b"12345")
    listed = s3.list_objects_v2(Bucket="artifacts", Prefix="blog/", Delimiter="/")
    assert [(one["Key"], one["Size"]) for one in listed["Contents"]] == [("blog/top", 5)]
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["blog/free/", "blog/pro/"]
    assert (listed["KeyCount"], listed["IsTruncated"], listed["Prefix"]) == (3, False, "blog/")


def test_the_paginator_finds_every_key(s3: BaseClient, fakes: Fakes) -> None:
    """boto3's paginator goes through all pages; keys with odd characters come back as they were."""
    keys = sorted([f"k/{number:02}" for number in range(7)] + ["k/ä b", "k/x&<y>", "k/+%2F"])
    for key in keys:
        s3.put_object(Bucket="artifacts", Key=key, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="artifacts", PaginationConfig={"PageSize": 3})
    assert [one["Key"] for found in pages for one in found["Contents"]] == keys
    assert fakes.told("verb", "key", route="ListObjectsV2") == [("list", None)] * 4


def test_the_first_version_lists_too(s3: BaseClient) -> None:
    """ListObjects goes on from a marker."""
    for key in ("a", "b", "c"):
        s3.put_object(Bucket="artifacts", Key=key, Body=b"")
    pages = s3.get_paginator("list_objects").paginate(Bucket="artifacts", PaginationConfig={"PageSize": 2})
    assert [one["Key"] for found in pages for one in found["Contents"]] == ["a", "b", "c"]


def test_a_list_can_start_after_a_key(s3: BaseClient) -> None:
    """start-after leaves out what comes before, and the key itself."""
    for key in ("a", "b", "c"):
        s3.put_object(Bucket="artifacts", Key=key, Body=b"")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="artifacts", StartAfter="a")["Contents"]] == ["b", "c"]
