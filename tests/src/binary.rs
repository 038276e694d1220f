//! The `weegnet` that the stories test.
//!
//! Cargo tells a test the path of a binary only within the package that has it, and `cargo test --workspace` does not
//! build it for another package. So the first story of a run asks cargo for it, in the profile and target directory that
//! the test itself was built in; when nothing has changed that takes less than a second. `WEEGNET_BIN` names another one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Variables that cargo sets for a test and that mean nothing to another build.
const ABOUT_THIS_TEST: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_BIN_", "LD_LIBRARY_PATH"];

/// The path of the binary; built when first asked for.
///
/// # Panics
/// When cargo cannot build it.
pub fn weegnet() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("WEEGNET_BIN") {
        Some(path) => path.into(),
        None => build(),
    })
}

fn build() -> PathBuf {
    // target/<profile>/deps/it-0123456789abcdef
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile_dir = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let target_dir = profile_dir.parent().expect("a profile lies in a target directory");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(other) => other,
        None => panic!("the profile's directory has no name"),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What cargo tells this test about its own package would make build scripts run again, every time.
    for (name, _) in std::env::vars_os() {
        let about_us = name.to_str().is_some_and(|name| ABOUT_THIS_TEST.iter().any(|prefix| name.starts_with(prefix)));
        if about_us {
            build.env_remove(name);
        }
    }
    let built = build
        .args(["build", "--quiet", "--locked", "--package", "weegnet-node", "--bin", "weegnet", "--profile", profile])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "cargo could not build weegnet");
    profile_dir.join("weegnet")
}
