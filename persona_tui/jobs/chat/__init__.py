"""Chatting: what is sent, how an answer is written and kept."""
