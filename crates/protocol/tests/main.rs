//! The plugin protocol against real processes.

#[cfg(test)]
mod suite {
    mod broken;
    mod fixture;
    mod null_provider;
    mod pool;
    mod reference;
    mod sample_provider;
    mod unasked;
}
