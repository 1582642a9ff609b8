//! An organisation as a whole.
