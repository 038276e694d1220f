//! Takes the console's pinned npm packages and makes of them one stylesheet, which the binary embeds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What decides which packages are taken.
const PACKAGE_FILES: [&str; 2] = ["assets/package.json", "assets/package-lock.json"];
/// The theme: a long list of values, of which those are taken that the components name.
const THEME: &str = "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css";
/// The components that pages are made of.
const COMPONENTS: [&str; 18] = [
    "@utrecht/root-css/dist/index.css",
    "@utrecht/document-css/dist/index.css",
    "@nl-design-system-candidate/heading-css/dist/heading.css",
    "@nl-design-system-candidate/paragraph-css/dist/paragraph.css",
    "@nl-design-system-candidate/link-css/dist/link.css",
    "@nl-design-system-candidate/skip-link-css/dist/skip-link.css",
    "@nl-design-system-candidate/data-badge-css/dist/data-badge.css",
    "@utrecht/alert-css/dist/index.css",
    "@utrecht/button-css/dist/index.css",
    "@utrecht/checkbox-css/dist/index.css",
    "@utrecht/form-field-css/dist/index.css",
    "@utrecht/form-fieldset-css/dist/index.css",
    "@utrecht/form-label-css/dist/index.css",
    "@utrecht/select-css/dist/index.css",
    "@utrecht/table-css/dist/index.css",
    "@utrecht/textarea-css/dist/index.css",
    "@utrecht/textbox-css/dist/index.css",
    "@utrecht/unordered-list-css/dist/index.css",
];
/// Ours, behind the packages.
const OWN_STYLE: &str = "assets/console.css";

fn main() {
    for file in PACKAGE_FILES.into_iter().chain([OWN_STYLE, "build.rs"]) {
        println!("cargo::rerun-if-changed={file}");
    }
    if std::env::var_os("CARGO_FEATURE_CONSOLE").is_some()
        && let Err(message) = embed()
    {
        println!("cargo::error={message}");
    }
}

fn embed() -> Result<(), String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?);
    install(&out)?;
    let modules = out.join("node_modules");
    let mut style = String::new();
    for component in COMPONENTS {
        style.push_str(&without_map(&read(&modules.join(component))?));
        style.push('\n');
    }
    let own = read(Path::new(OWN_STYLE))?;
    let theme = used(&read(&modules.join(THEME))?, &[&style, &own]);
    let whole = format!("{theme}{style}{own}");
    write(&out.join("console.css"), &whole)?;
    pack(&out.join("console.css.gz"), &whole)
}

/// Packed once, here: nothing that is about anybody is ever compressed on its way.
fn pack(path: &Path, text: &str) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut packed = GzEncoder::new(std::fs::File::create(path).map_err(wrong)?, Compression::best());
    packed.write_all(text.as_bytes()).and_then(|()| packed.try_finish()).map_err(wrong)
}

/// The packages exactly as the lock file names them; no script of theirs is run.
fn install(out: &Path) -> Result<(), String> {
    for file in PACKAGE_FILES {
        let name = Path::new(file).file_name().ok_or("a package file has no name")?;
        write(&out.join(name), &read(Path::new(file))?)?;
    }
    // What a build that was stopped left half taken would be in the way.
    let _ = std::fs::remove_dir_all(out.join("node_modules"));
    let run = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(out)
        .output();
    match run {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().find(|line| line.contains("npm error")).unwrap_or("it says nothing").to_owned();
            Err(format!("npm could not fetch the console's packages ({line}); without a console: cargo build --no-default-features --features prove"))
        }
        Err(_) => Err("the console needs npm, which is not here (Debian: apt-get install npm); without a console: cargo build --no-default-features --features prove".into()),
    }
}

/// The theme's values that somebody names, and those that these name in turn.
fn used(theme: &str, by: &[&str]) -> String {
    let declared: BTreeMap<&str, &str> = theme.lines().filter_map(declaration).collect();
    let mut wanted: Vec<&str> = by.iter().flat_map(|text| names(text)).collect();
    let mut kept = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if let Some(value) = declared.get(name)
            && kept.insert(name)
        {
            wanted.extend(names(value));
        }
    }
    let lines: String = kept.iter().map(|name| format!("  {name}: {};\n", declared[name])).collect();
    format!(".voorbeeld-theme {{\n{lines}}}\n")
}

fn declaration(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().strip_suffix(';')?.split_once(':')?;
    name.starts_with("--").then_some((name, value.trim()))
}

/// Every custom property that a text names.
fn names(text: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.split(|c: char| !is_name(c)).filter(|word| word.starts_with("--") && word.len() > 2).collect()
}

/// A source map is a file of its own, which nobody serves.
fn without_map(text: &str) -> String {
    text.split("/*# sourceMappingURL=").next().unwrap_or(text).to_owned()
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
