"""A stand-in for S3."""

from __future__ import annotations

from promdrill_fakes.definition import UNKNOWN, FakeDefinition, Service

S3 = Service(
    name="s3",
    routes=frozenset(
        {"ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket", "GetBucketLocation"}
        | {"ListObjects", "ListObjectsV2", "DeleteObjects", "PutObject", "CopyObject", "GetObject"}
        | {"HeadObject", "DeleteObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}
        | {"AbortMultipartUpload", "ListParts", "ListMultipartUploads", "UploadPartCopy"}
        | {"GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging", "GetBucketVersioning", UNKNOWN}
    ),
    columns={"verb": None, "bucket": None, "key": None, "key_prefix": None, "bytes": 0},
    request={"verb": str, "bucket": str, "key": str, "key_prefix": str},
    keys=("verb", "bucket", "key_prefix"),
    effects=frozenset({"midstream_error"}),
    settings="promdrill_fakes.s3.settings:S3Settings",
)

FAKES = (
    FakeDefinition(
        name="s3",
        service=S3,
        provider="promdrill_fakes.s3.provider:S3",
        port=9001,
        environment={
            "AWS_ENDPOINT_URL_S3": "{url}",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
    ),
)
