//! Compares the public API with a snapshot: `public-api-snapshot RUSTDOC.json SNAPSHOT.txt [--update]`.

use std::{collections::BTreeSet, env::args, error::Error, fs, process::ExitCode};

/// Traits that only the compiler knows.
const INTERNAL: [&str; 3] =
    ["core::marker::Freeze", "core::marker::StructuralPartialEq", "core::marker::UnsafeUnpin"];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = args().skip(1).collect();
    let (json, snapshot, update) = match &arguments[..] {
        [json, snapshot] => (json, snapshot, false),
        [json, snapshot, option] if option == "--update" => (json, snapshot, true),
        _ => return Err("usage: public-api-snapshot RUSTDOC.json SNAPSHOT.txt [--update]".into()),
    };
    // Implementations for all types belong to other crates. Those of Send, Sync and Unpin are part of the API.
    let api =
        public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true).build().map_err(|error| {
            format!(
                "{json}: {error}; the format is tied to the compiler: take the version of public-api in \
             tests/api/Cargo.toml that reads the format of this rustdoc"
            )
        })?;
    let lines: Vec<_> = api.items().map(ToString::to_string).collect();
    let is_internal = |line: &String| INTERNAL.iter().any(|name| line.starts_with(&format!("impl {name} ")));
    let now: String = lines.into_iter().filter(|line| !is_internal(line)).map(|line| line + "\n").collect();
    if update {
        fs::write(snapshot, now)?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = fs::read_to_string(snapshot).map_err(|error| format!("{snapshot}: {error}"))?;
    if before == now {
        return Ok(ExitCode::SUCCESS);
    }
    let [before, now] = [&before, &now].map(|text| text.lines().collect::<BTreeSet<_>>());
    for line in before.symmetric_difference(&now) {
        eprintln!("{} {line}", if now.contains(line) { '+' } else { '-' });
    }
    eprintln!("The public API is not that of {snapshot}. If it is meant to change: make api-update");
    Ok(ExitCode::FAILURE)
}
