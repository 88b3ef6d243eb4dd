//! How fast configurations are read: 100,000 resources in one file and in 1,000 files.
//!
//! `cargo bench --package formwork-hcl`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use formwork_diag::FileId;
use std::hint::black_box;

const RESOURCES: usize = 100_000;

/// Blocks as they are in configurations: with references, templates, and an object.
fn resources(from: usize, to: usize) -> String {
    let block = |n: usize| {
        let (a, b) = (n / 2, n.saturating_sub(10));
        format!(
            "resource \"terraform_data\" \"r{n}\" {{\n  input = {{\n    name = \"r${{var.stage}}-{n}\"\n    a    = \
             terraform_data.r{a}.id\n    b    = terraform_data.r{b}.output.name\n  }}\n}}\n"
        )
    };
    (from..to).map(block).collect()
}

fn read(text: &str) {
    let (body, problems) = formwork_hcl::parse(FileId(0), text);
    assert!(problems.is_empty());
    black_box(body);
}

fn parse(criterion: &mut Criterion) {
    let one = resources(0, RESOURCES);
    let size = RESOURCES / 1000;
    let many: Vec<String> = (0..1000).map(|file| resources(file * size, (file + 1) * size)).collect();
    let mut group = criterion.benchmark_group("parse");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(one.len() as u64));
    group.bench_function("one file", |bencher| bencher.iter(|| read(&one)));
    group.bench_function("1000 files", |bencher| bencher.iter(|| many.iter().for_each(|text| read(text))));
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
