"""What the tables and columns mean, in a sentence each: for the card, Croissant and the docs."""

from __future__ import annotations

from collections.abc import Mapping

from persona_tui.donation.schema import Table

TABLE_MEANING: Mapping[Table, str] = {
    "contributors": "The person who gave: one row.",
    "attributes": "What models inferred about the person, or the person added.",
    "attribute_judgments": "Stage 1: is an attribute right?",
    "relevance_judgments": "Stage 2: should an attribute change the answer to a prompt?",
    "response_judgments": "Stage 3: is the personalized answer better than the generic one?",
    "model_judgments": "What models said to the same questions.",
}
COLUMN_MEANING: Mapping[str, str] = {
    "contributor_id": "Random, of this bundle only.",
    "language": "Of the interface or the conversations, from a closed list.",
    "consent_version": "Of the consent text.",
    "consent_text_sha256": "Hash of the consent text, which is in consent.json.",
    "license": "That the person chose.",
    "donated_month": "YYYY-MM.",
    "withdrawal_token_sha256": "Whoever shows the token to this hash may withdraw.",
    "schema_version": "Of these tables.",
    "attribute_id": "Random, of this bundle only.",
    "attribute": "The statement, redacted; null at level labels.",
    "category": "Broad category, told by a small word list.",
    "original_attributes": "Statements that were merged, redacted; null at level labels.",
    "reason": "The model's reason, redacted; null at level labels.",
    "confidence": "The model's own, one decimal.",
    "original_confidences": "Of the statements that were merged, one decimal.",
    "evidence": "Where it was inferred from: conv_idx numbers this bundle's conversations at random; "
    "turn_idxs and quote are null at level labels.",
    "source": "How it came about; user: the person wrote it; planted: false on purpose.",
    "extractor_model": "Family of the model.",
    "prompt_sha256": "Of the program's own template; null for any other.",
    "judgment_id": "Random, of this bundle only.",
    "judgment": "ok, unsure or bad.",
    "accurate": "Is it true of me?",
    "supported": "Do my words show it?",
    "use": "Whether it may be used: welcome, ask (only when I ask) or never.",
    "failure_mode": "What is wrong with it.",
    "corrected_text": "The person's correction, redacted; null at level labels.",
    "prompt_id": "Random, of this bundle only; the same prompt has the same id in all tables.",
    "prompt_text": "Redacted; null at level labels.",
    "relevant": "Yes or no.",
    "relevance_level": "Finer than yes and no.",
    "arm": "Whose choice of attributes the personalized answer was given; models: two models, "
    "neither personalized.",
    "model_tag": "Family of the model; in response_judgments, of the personalized answer.",
    "model_tag_generic": "Family of the model of the generic answer.",
    "response_generic": "Redacted; null at level labels.",
    "response_personalized": "Redacted; null at level labels.",
    "shown_left": "Which answer stood left: drawn at random.",
    "blinded": "Whether it was hidden which one is personalized.",
    "raw_rating": "1 left much better to 5 right much better; null: cannot judge.",
    "rating": "1 to 5; in response_judgments re-oriented, 5 = personalized much better.",
    "attribute_ratings": "The same, as far as one attribute is concerned; re-oriented.",
    "explicit_mention": "Whether the personalized answer mentions an attribute openly.",
    "len_generic": "Characters, two significant digits.",
    "len_personalized": "Characters, two significant digits.",
    "rater_role": "Always self: who judges is who it is about.",
    "sampling": "How the item was drawn; headline figures use random only.",
    "inclusion_prob": "Probability that it was drawn, two decimals, at least 0.01.",
    "repeat_of": "The judgment that this one repeats.",
    "latency_bin": "How long the judgment took.",
    "guideline_sha256": "Of the program's own guideline that was shown; null for any other.",
    "app_version": "Release of the program.",
    "judged_month": "YYYY-MM.",
    "target_judgment_id": "The person's judgment of the same item.",
    "kind": "Which stage.",
    "temperature": "Of the model, one decimal.",
}
