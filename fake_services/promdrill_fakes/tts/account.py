"""What ElevenLabs tells of models and the user, in the shape of its answers."""

from __future__ import annotations

from typing import Any

_LONGEST = {"eleven_flash_v2_5": 40_000, "eleven_turbo_v2_5": 40_000, "eleven_v3": 5_000}
_LONGEST_ELSE = 10_000


def longest(model: str) -> int:
    """Return how many characters a model takes in one request."""
    return _LONGEST.get(model, _LONGEST_ELSE)


def model(name: str) -> dict[str, Any]:
    """Return one model."""
    return {
        "model_id": name,
        "name": name.replace("_", " ").title(),
        "can_be_finetuned": False,
        "can_do_text_to_speech": True,
        "can_do_voice_conversion": False,
        "can_use_style": True,
        "can_use_speaker_boost": True,
        "serves_pro_voices": False,
        "token_cost_factor": 1.0,
        "description": "",
        "requires_alpha_access": False,
        "max_characters_request_free_user": 2500,
        "max_characters_request_subscribed_user": longest(name),
        "maximum_text_length_per_request": longest(name),
        "languages": [{"language_id": "en", "name": "English"}],
        "model_rates": {"character_cost_multiplier": 1.0},
        "concurrency_group": "standard",
    }


def subscription(spoken: int, limit: int) -> dict[str, Any]:
    """Return the subscription: `spoken` of `limit` characters are used."""
    return {
        "tier": "pro",
        "character_count": spoken,
        "character_limit": limit,
        "max_character_limit_extension": None,
        "max_credit_limit_extension": 0,
        "can_extend_character_limit": False,
        "allowed_to_extend_character_limit": False,
        "next_character_count_reset_unix": 4_102_444_800,
        "voice_slots_used": 0,
        "professional_voice_slots_used": 0,
        "professional_voice_slots_used_in_workspace": 0,
        "voice_limit": 30,
        "max_voice_add_edits": 95,
        "voice_add_edit_counter": 0,
        "professional_voice_limit": 1,
        "can_extend_voice_limit": False,
        "can_use_instant_voice_cloning": True,
        "can_use_professional_voice_cloning": True,
        "currency": "usd",
        "current_overage": {"amount": "0", "currency": "usd"},
        "status": "active",
        "billing_period": "monthly_period",
        "character_refresh_period": "monthly_period",
        "next_invoice": None,
        "open_invoices": [],
        "has_open_invoices": False,
    }


def user(spoken: int, limit: int) -> dict[str, Any]:
    """Return the user, with the subscription."""
    return {
        "user_id": "promdrill",
        "workspace_id": "promdrill",
        "subscription": subscription(spoken, limit),
        "is_new_user": False,
        "can_use_delayed_payment_methods": False,
        "is_onboarding_completed": True,
        "is_onboarding_checklist_completed": True,
        "first_name": "Promdrill",
        "is_api_key_hashed": False,
        "created_at": 1_735_689_600,
        "seat_type": "workspace_admin",
    }
