//! 24 patches.
