"""What every record of a contract and a drill is: frozen, strict, and able to say what it claims."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record that refuses keys it does not know, and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Claim(Record):
    """What a result answers: its kind and its subject."""

    kind: str
    subject: str
