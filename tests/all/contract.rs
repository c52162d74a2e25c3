//! What `shaders/` and `src/ops/` promise each other, checked without a device.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dermetric::engine::Kernel;
use dermetric::ops::KERNELS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every WGSL file: its stem and its text.
fn shaders() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder("shaders")).expect("there is a folder of shaders") {
        let path = entry.expect("an entry").path();
        assert_eq!(path.extension().and_then(|e| e.to_str()), Some("wgsl"), "{}", path.display());
        let stem = path.file_stem().and_then(|s| s.to_str()).expect("a name").to_owned();
        found.push((stem, fs::read_to_string(&path).expect("a text")));
    }
    assert!(found.len() >= 10, "only {} shaders", found.len());
    found.sort();
    found
}

/// The part of an operator's Rust file that is not tests.
fn rust_of(kernel: &Kernel) -> String {
    let path = folder("src/ops").join(format!("{}.rs", kernel.name));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn parsed(kernel: &Kernel) -> naga::Module {
    naga::front::wgsl::parse_str(kernel.source)
        .unwrap_or_else(|e| panic!("{}: {}", kernel.name, e.emit_to_string(kernel.source)))
}

/// What stands between `opening` and the first of `closing`, at each place.
fn between<'a>(text: &'a str, opening: &str, closing: &[char]) -> BTreeSet<&'a str> {
    text.split(opening).skip(1).filter_map(|rest| rest.split(closing).next()).map(str::trim).collect()
}

#[test]
fn kernels_parse_and_validate() {
    assert!(!KERNELS.is_empty());
    for kernel in KERNELS {
        let flags = naga::valid::ValidationFlags::all();
        let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
        let module = parsed(kernel);
        if let Err(error) = validator.validate(&module) {
            panic!("{}: {}", kernel.name, error.emit_to_string(kernel.source));
        }
        assert!(!module.entry_points.is_empty(), "{} has nothing to run", kernel.name);
    }
}

#[test]
fn names_pair_shaders_kernels_and_operators() {
    let names: BTreeSet<&str> = KERNELS.iter().map(|k| k.name).collect();
    assert_eq!(names.len(), KERNELS.len(), "a kernel's name is its own");
    for (stem, text) in shaders() {
        let users: Vec<&str> = KERNELS.iter().filter(|k| k.source.contains(&text)).map(|k| k.name).collect();
        match names.get(stem.as_str()) {
            Some(own) => assert!(users.contains(own), "kernel {own} does not run shaders/{stem}.wgsl"),
            None => assert!(!users.is_empty(), "no kernel runs shaders/{stem}.wgsl"),
        }
    }
    let stems: BTreeSet<String> = shaders().into_iter().map(|(stem, _)| stem).collect();
    for kernel in KERNELS {
        assert!(stems.contains(kernel.name), "there is no shaders/{}.wgsl", kernel.name);
        assert!(rust_of(kernel).contains("pub const KERNEL"), "src/ops/{}.rs holds its kernel", kernel.name);
    }
}

#[test]
fn every_operator_with_a_kernel_is_in_the_table() {
    let mut operators = 0;
    for entry in fs::read_dir(folder("src/ops")).expect("there is a folder of operators") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a text");
        if text.contains("pub const KERNEL:") {
            operators += 1;
            let stem = path.file_stem().and_then(|s| s.to_str()).expect("a name");
            assert!(KERNELS.iter().any(|k| k.name == stem), "KERNELS lacks {stem}");
        }
    }
    assert_eq!(operators, KERNELS.len());
}

#[test]
fn overrides_are_set_and_no_others() {
    let mut seen = 0;
    for kernel in KERNELS {
        let module = parsed(kernel);
        let declared: BTreeSet<&str> =
            module.overrides.iter().filter_map(|(_, o)| o.name.as_deref()).collect();
        let code = rust_of(kernel);
        let set: BTreeSet<&str> =
            between(&code, ".constant(", &[',']).into_iter().map(|name| name.trim_matches('"')).collect();
        assert_eq!(declared, set, "{}: overrides in WGSL, constants in Rust", kernel.name);
        seen += declared.len();
    }
    assert!(seen > 0, "some kernel has an override");
}

#[test]
fn bindings_are_bound_and_no_others() {
    for kernel in KERNELS {
        let module = parsed(kernel);
        let bindings = module.global_variables.iter().filter_map(|(_, v)| v.binding);
        let declared: BTreeSet<u32> = bindings
            .inspect(|b| assert_eq!(b.group, 0, "{}: one group only", kernel.name))
            .map(|b| b.binding)
            .collect();
        let code = rust_of(kernel);
        let mut bound: BTreeSet<u32> = between(&code, ".bind(", &[','])
            .into_iter()
            .map(|n| n.parse().unwrap_or_else(|_| panic!("{}: binding {n} is no number", kernel.name)))
            .collect();
        if code.contains(".params(") {
            bound.insert(0);
        }
        assert!(declared.len() > 1, "{} binds something", kernel.name);
        assert_eq!(declared, bound, "{}: bindings in WGSL, in Rust", kernel.name);
    }
}

#[test]
fn entry_points_are_run_and_no_others() {
    for kernel in KERNELS {
        let module = parsed(kernel);
        let code = rust_of(kernel);
        for entry in &module.entry_points {
            assert!(
                code.contains(&format!("\"{}\"", entry.name)),
                "{} never runs {}",
                kernel.name,
                entry.name
            );
        }
        // Entry points handed straight to a dispatch must exist.
        for run in between(&code, "Dispatch::new(&KERNEL, \"", &['"']) {
            assert!(module.entry_points.iter().any(|e| e.name == run), "{} has no {run}", kernel.name);
        }
    }
}

/// A workgroup is as large as the dispatch takes it to be.
#[test]
fn workgroups_are_tiles_or_lines() {
    use dermetric::engine::gpu::{LINE, TILE};
    for kernel in KERNELS {
        for entry in parsed(kernel).entry_points {
            let known = [[TILE, TILE, 1], [LINE, 1, 1]].contains(&entry.workgroup_size);
            assert!(known, "{} {}: {:?}", kernel.name, entry.name, entry.workgroup_size);
        }
    }
}
