//! The `dermetric` command. The library does the work.

fn main() -> std::process::ExitCode {
    dermetric::cli::main()
}
