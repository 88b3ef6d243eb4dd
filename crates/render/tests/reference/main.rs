//! Documents and texts against what Terraform 1.11.4 printed for the same plans.

mod fixture;
mod golden;
