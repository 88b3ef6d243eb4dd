//! Whatever stands in the files, something is returned.

use crate::memory_files::MemoryFiles;
use formwork_config::{
    ModuleResolution, check_references, check_statements, load, module_manifest, provider_requirements, summarize,
};
use formwork_model::ModuleManifest;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Words from which files are made: such that much of it can be read.
const WORDS: &[&str] = &[
    "resource \"a_b\" \"c\" {\n",
    "data \"a_b\" \"c\" {\n",
    "ephemeral \"a_b\" \"c\" {\n",
    "module \"m\" {\n",
    "provider \"a\" {\n",
    "terraform {\n",
    "required_providers {\n",
    "variable \"v\" {\n",
    "output \"o\" {\n",
    "locals {\n",
    "moved {\n",
    "removed {\n",
    "import {\n",
    "check \"k\" {\n",
    "lifecycle {\n",
    "provisioner \"local-exec\" {\n",
    "connection {\n",
    "assert {\n",
    "dynamic \"x\" {\n",
    "_ {\n",
    "backend \"local\" {\n",
    "validation {\n",
    "}\n",
    "}\n",
    "}\n",
    "source = \"./m\"\n",
    "source = \"../m\"\n",
    "count = 1\n",
    "for_each = {}\n",
    "depends_on = [a_b.c, 1]\n",
    "provider = a.b\n",
    "providers = { a = a.b }\n",
    "from = a_b.c\n",
    "to = module.m[each.key].a_b.c[0]\n",
    "id = each.value\n",
    "type = object({ a = optional(string, 1) })\n",
    "default = { a = 1 }\n",
    "value = module.m.o\n",
    "condition = var.v == self.x\n",
    "error_message = \"${local.x}\"\n",
    "ignore_changes = [a, b[0].c]\n",
    "replace_triggered_by = [a_b.c[count.index]]\n",
    "version = \"~> 1.0\"\n",
    "alias = \"b\"\n",
    "when = destroy\n",
    "x = [for k, v in a_b.c : k => v...]\n",
    "x = resource.a.b[*].c\n",
    "x = \"",
    "<<E\n",
    "[",
    "(",
    "{",
    ",",
    "=",
];

fn words(max: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..max).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_the_loader(main in words(40), over in words(15), child in words(30), json in ".{0,80}") {
        let mut files = MemoryFiles::default();
        for (name, text) in [("main.tf", &main), ("x_override.tf", &over), ("m/main.tf", &child), ("x.tf.json", &json)] {
            files.add(name, text);
        }
        let (config, _) = load(&files, ".", &ModuleManifest::default(), ModuleResolution::Direct);
        check_references(&config);
        check_statements(&config);
        summarize(&config, &BTreeMap::new());
        provider_requirements(&config);
        let (manifest, _) = module_manifest(&config, &ModuleManifest::default());
        // What was recorded leads to the same modules.
        let (again, _) = load(&files, ".", &manifest, ModuleResolution::Manifest);
        prop_assert!(config.root_failed || again.modules.keys().eq(config.modules.keys()));
    }
}
