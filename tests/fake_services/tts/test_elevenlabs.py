from __future__ import annotations

import base64
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from elevenlabs import VoiceSettings

from promdrill_fakes.tts.audio import FORMATS, STREAMED_FORMATS
from promdrill_fakes.tts.pace import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Fakes, Heard
    from elevenlabs import ElevenLabs

    Sdk = Callable[..., Any]

VOICE = "21m00Tcm4TlvDq8ikWAM"
TEXT = "Thirty characters are 2 secs.."


def test_convert_gives_mp3_of_the_predicted_length(sdk: Sdk, fakes: Fakes, heard: Callable[..., Heard]) -> None:
    """The default is MP3 of the default model; its length follows from the text, and the journal tells all of it."""
    audio = b"".join(sdk("text_to_speech.convert", VOICE, text=TEXT))
    assert heard(audio, "mp3_44100_128").seconds == pytest.approx(2.0, abs=1152 / 44100)
    assert fakes.told(
        "route", "provider", "voice", "model", "speaker", "characters", "audio_bytes", "audio_seconds"
    ) == [("convert", "elevenlabs", VOICE, "eleven_multilingual_v2", None, 30, len(audio), 2.0)]


def test_a_stream_carries_the_same_audio(sdk: Sdk, fakes: Fakes) -> None:
    """Streamed audio is that of convert, and the journal tells all of its bytes."""
    whole = b"".join(sdk("text_to_speech.convert", VOICE, text=TEXT))
    assert b"".join(sdk("text_to_speech.stream", VOICE, text=TEXT)) == whole
    assert fakes.told("audio_bytes", "audio_seconds", route="stream") == [(len(whole), 2.0)]


def test_every_format_is_served(speech: ElevenLabs, fakes: Fakes, heard: Callable[..., Heard]) -> None:
    """Each format of the SDK's list comes as asked for and lasts as long as the text; streams have all but WAV."""
    kinds = {}
    for output_format in sorted(FORMATS):
        with speech.text_to_speech.with_raw_response.convert(
            VOICE, text="x" * 3, output_format=output_format
        ) as answer:
            audio = b"".join(answer.data)
        kinds[output_format.split("_")[0]] = answer.headers["content-type"]
        assert heard(audio, output_format).seconds == pytest.approx(0.2, abs=1152 / 22050)
        if output_format in STREAMED_FORMATS:
            assert b"".join(speech.text_to_speech.stream(VOICE, text="x" * 3, output_format=output_format)) == audio
    assert {(entry["route"], entry["outcome"]) for entry in fakes.journal()} == {("convert", "ok"), ("stream", "ok")}
    assert kinds == {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "pcm": "audio/pcm",
        "wav": "audio/wav",
        "ulaw": "audio/basic",
        "alaw": "audio/x-alaw-basic",
    }


def test_timestamps_cover_the_text_and_the_audio(sdk: Sdk, heard: Callable[..., Heard]) -> None:
    """Each character has its time, one after the other from 0 to the end; normalized, without odd white space."""
    found = sdk("text_to_speech.convert_with_timestamps", VOICE, text=" a \n b ", output_format="pcm_16000")
    assert heard(base64.b64decode(found.audio_base_64), "pcm_16000").seconds == pytest.approx(7 / 15, abs=1 / 16000)
    assert found.alignment.model_dump() == {
        "characters": list(" a \n b "),
        "character_start_times_seconds": [0.0, 0.067, 0.133, 0.2, 0.267, 0.333, 0.4],
        "character_end_times_seconds": [0.067, 0.133, 0.2, 0.267, 0.333, 0.4, 0.467],
    }
    assert found.normalized_alignment.model_dump() == {
        "characters": ["a", " ", "b"],
        "character_start_times_seconds": [0.067, 0.133, 0.333],
        "character_end_times_seconds": [0.133, 0.333, 0.4],
    }


def test_normalization_can_be_off(speech: ElevenLabs) -> None:
    """Then what is spoken is what is written."""
    found = speech.text_to_speech.convert_with_timestamps(VOICE, text=" a  b", apply_text_normalization="off")
    assert found.normalized_alignment == found.alignment


def test_streamed_timestamps_are_those_of_the_whole(sdk: Sdk, fakes: Fakes) -> None:
    """Pieces of audio with their characters add up to what convert_with_timestamps gives."""
    whole = sdk("text_to_speech.convert_with_timestamps", VOICE, text=TEXT)
    parts = sdk("text_to_speech.stream_with_timestamps", VOICE, text=TEXT)
    assert len(parts) == 8
    assert b"".join(base64.b64decode(part.audio_base_64) for part in parts) == base64.b64decode(whole.audio_base_64)
    for kind in ("alignment", "normalized_alignment"):
        told = [getattr(part, kind).model_dump() for part in parts if getattr(part, kind)]
        assert {name: list(chain.from_iterable(part[name] for part in told)) for name in told[0]} == getattr(
            whole, kind
        ).model_dump()
    audio = len(base64.b64decode(whole.audio_base_64))
    assert fakes.told("route", "audio_bytes") == [
        ("convert_with_timestamps", audio),
        ("stream_with_timestamps", audio),
    ]


def test_a_character_comes_with_the_piece_that_it_begins_in(sdk: Sdk, fakes: Fakes) -> None:
    """One that begins where a piece begins is in that piece alone."""
    fakes.configure(tts={"characters_per_second": 8000 * 2 / PIECE})
    parts = sdk("text_to_speech.stream_with_timestamps", VOICE, text="abc", output_format="pcm_8000")
    assert [part.alignment.characters for part in parts] == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize(("speed", "seconds"), [(0.8, 2.5), (1.2, 2.0 / 1.2), (None, 2.0)])
def test_speed_changes_the_length(
    speech: ElevenLabs, fakes: Fakes, heard: Callable[..., Heard], speed: float | None, seconds: float
) -> None:
    """A faster voice is done sooner."""
    settings = VoiceSettings(stability=0.5, similarity_boost=0.75, style=0, use_speaker_boost=True, speed=speed)
    audio = speech.text_to_speech.convert(VOICE, text=TEXT, voice_settings=settings, output_format="pcm_8000")
    assert heard(b"".join(audio), "pcm_8000").samples == round(seconds * 8000)
    assert fakes.told("audio_seconds") == [(seconds,)]


def test_what_does_not_change_the_audio_is_taken(sdk: Sdk, fakes: Fakes) -> None:
    """Every other option of the SDK is accepted, and the same request gives the same audio."""
    options = {
        "text": TEXT,
        "model_id": "eleven_flash_v2_5",
        "language_code": "en",
        "seed": 4_294_967_295,
        "previous_text": "Before.",
        "next_text": "After.",
        "previous_request_ids": ["a", "b", "c"],
        "next_request_ids": ["d"],
        "use_pvc_as_ivc": False,
        "apply_text_normalization": "on",
        "apply_language_text_normalization": False,
        "enable_logging": False,
        "optimize_streaming_latency": 4,
    }
    once, again = (sdk("text_to_speech.convert", VOICE, **options) for _ in range(2))
    assert once == again
    assert fakes.told("outcome", "model") == [("ok", "eleven_flash_v2_5")] * 2


def test_an_answer_names_its_request_and_its_cost(speech: ElevenLabs, fakes: Fakes) -> None:
    """`request-id` is the journal's operation; the cost is in characters; one request is in flight."""
    with speech.text_to_speech.with_raw_response.convert(VOICE, text=TEXT) as answer:
        list(answer.data)
    wanted = ("request-id", "character-cost", "current-concurrent-requests", "maximum-concurrent-requests")
    ((operation,),) = fakes.told("operation")
    assert [answer.headers.get(name) for name in wanted] == [operation, "30", "1", None]


def test_voices_models_and_the_user_parse_and_agree(sdk: Sdk) -> None:
    """Voices of both versions, one voice, models, user and subscription are what the SDK's own types say."""
    list(sdk("text_to_speech.convert", VOICE, text=TEXT))
    voices = sdk("voices.get_all").voices
    assert [voice.name for voice in voices] == ["Rachel", "George", "Sarah"]
    assert sdk("voices.search").voices == voices
    assert sdk("voices.get", VOICE) == voices[0]
    models = sdk("models.list")
    assert models[0].model_id == "eleven_multilingual_v2"
    assert {model.model_id: model.maximum_text_length_per_request for model in models}["eleven_flash_v2_5"] == 40_000
    user = sdk("user.get")
    assert sdk("user.subscription.get").character_count == user.subscription.character_count == 30


def test_a_search_goes_from_page_to_page(sdk: Sdk) -> None:
    """`has_more` and `next_page_token` lead through all voices; the last page has neither."""
    found = sdk("voices.search", page_size=2)
    assert ([voice.name for voice in found.voices], found.has_more, found.total_count) == (
        ["Rachel", "George"],
        True,
        3,
    )
    rest = sdk("voices.search", page_size=2, next_page_token=found.next_page_token)
    assert ([voice.name for voice in rest.voices], rest.has_more, rest.next_page_token) == (["Sarah"], False, None)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"search": "ORG"}, ["George"]),
        ({"search": "premade", "page_size": 1}, ["Rachel"]),
        ({"sort": "name"}, ["George", "Rachel", "Sarah"]),
        ({"sort": "created_at_unix", "sort_direction": "desc"}, ["Sarah", "George", "Rachel"]),
        ({"voice_ids": [VOICE, "JBFqnCBsd6RMkjVDRZzb"]}, ["Rachel", "George"]),
        ({"voice_type": "personal"}, []),
        ({"category": "cloned"}, []),
        ({"language": ["de", "en"], "gender": "female", "use_cases": "narration"}, ["Rachel", "George", "Sarah"]),
    ],
)
def test_a_search_finds_what_was_asked_for(speech: ElevenLabs, options: dict[str, Any], names: list[str]) -> None:
    """Words, ids, labels and kinds narrow the search, and it can be sorted."""
    assert [voice.name for voice in speech.voices.search(**options).voices] == names


def test_the_total_is_counted_only_when_wanted(speech: ElevenLabs) -> None:
    """Without `include_total_count` it is 0, as where it is not worth its cost."""
    assert speech.voices.search(include_total_count=False).total_count == 0
