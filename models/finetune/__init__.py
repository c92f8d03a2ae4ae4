"""Fine-tuning for pooled labels of relevance: a cross-encoder, and a small LLM through GRPO.

Needs the extra ``[finetune]`` (torch, transformers, peft, trl), which is imported inside functions,
here and nowhere else. Nothing is downloaded: models are given by path. Knows nobody of ours.
"""
