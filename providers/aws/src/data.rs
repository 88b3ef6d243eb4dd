//! The data sources.
