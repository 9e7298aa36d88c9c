//! What holds for every log.
