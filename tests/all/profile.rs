//! `--profile` tells on stderr where time and memory went, and changes nothing else.

use crate::common::{Folder, Run, dermetric, gpu, small_pair};

fn compare(folder: &Folder, more: &[&str]) -> Run {
    let pair = [folder.at("before.png"), folder.at("after.png")];
    dermetric(["compare".into()].into_iter().chain(pair).chain(more.iter().map(Into::into)))
}

fn pair() -> Folder {
    let folder = Folder::new();
    let [before, after] = small_pair();
    folder.write("before.png", before);
    folder.write("after.png", after);
    folder
}

/// How often a line of the profile says that something ran.
fn times(run: &Run, name: &str) -> u64 {
    let line = run.stderr.lines().find(|line| line.starts_with(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("{name}: {}", run.stderr));
    let times = line.split_whitespace().find_map(|word| word.strip_suffix('×'));
    times.expect("a count").parse().expect("a number")
}

#[test]
fn stages_and_operators_are_told() {
    let folder = pair();
    let run = compare(&folder, &["--engine", "cpu", "--profile"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!((times(&run, "measure"), times(&run, "measure › read tone")), (1, 2));
    assert!(times(&run, "gaussian::gaussian") > 20);
    let plain = compare(&folder, &["--engine", "cpu"]);
    assert!(!plain.stderr.contains("gaussian::gaussian"), "{}", plain.stderr);
    let undated = |run: &Run| {
        let lines = run.stdout.lines().filter(|line| !line.starts_with("  \"created\""));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(undated(&run), undated(&plain));
}

#[test]
fn passes_of_a_gpu_are_told_with_the_bytes_they_bind() {
    let Some(engine) = gpu() else { return };
    let adapter = engine.adapter().expect("a GPU has one").index.to_string();
    let run = compare(&pair(), &["--engine", "gpu", "--gpu", &adapter, "--profile"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    // Two passes of every Gaussian, and three planes to each step of arithmetic.
    assert_eq!(times(&run, "gaussian::along_rows"), times(&run, "gaussian::along_columns"));
    let line = run.stderr.lines().rfind(|line| line.starts_with("pointwise::pointwise ")).unwrap();
    let gigabytes: f64 = line.trim_end_matches(" GB").rsplit(' ').next().unwrap().parse().unwrap();
    assert!(gigabytes > 0.0, "{line}");
}
