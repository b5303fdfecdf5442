"""A model small enough to train in a test."""

from cemnet.config import AudioEmotionConfig, EmotionMemoryConfig, ModelConfig, MotionConfig

SMALL = ModelConfig(
    AudioEmotionConfig(content_dim=16, hidden_dim=32, embedding_dim=16),
    EmotionMemoryConfig(num_slots=12, num_manners=6, hidden_dim=32),
    MotionConfig(hidden_dim=32, num_blocks=2),
)
