"""What ElevenLabs tells of voices, models and the user, in the shape of its answers."""

from __future__ import annotations

from typing import Any

MAX_CHARACTERS = 10_000
"""The longest text of one request."""


def voice(key: str, name: str) -> dict[str, Any]:
    """Return one voice."""
    return {
        "voice_id": key,
        "name": name,
        "samples": None,
        "category": "premade",
        "labels": {"accent": "american", "use_case": "narration"},
        "description": None,
        "preview_url": None,
        "available_for_tiers": [],
        "settings": None,
        "high_quality_base_model_ids": ["eleven_multilingual_v2"],
        "is_owner": False,
        "is_legacy": False,
    }


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
        "max_characters_request_subscribed_user": MAX_CHARACTERS,
        "maximum_text_length_per_request": MAX_CHARACTERS,
        "languages": [{"language_id": "en", "name": "English"}],
        "model_rates": {"character_cost_multiplier": 1.0},
        "concurrency_group": "standard",
    }


def subscription(spoken: int, limit: int) -> dict[str, Any]:
    """Return the subscription: `spoken` of `limit` characters are used."""
    return {
        "tier": "creator",
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
