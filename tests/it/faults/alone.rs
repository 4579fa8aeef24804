//! Tests in a process of their own, because they affect the whole process: its clock, its threads, its open
//! files.

use std::process::Command;

/// Set in the process that runs the test.
const INSIDE: &str = "HOT_TEST_IS_ALONE";

/// Runs this test alone, in a process that `launcher` starts; the test's arguments are added to the
/// launcher's.
pub(crate) fn alone<T: FnOnce()>(launcher: &mut Command, test: T) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    // The type name of a closure contains its location: the crate, the modules, the test.
    let name = std::any::type_name::<T>().trim_end_matches("::{{closure}}");
    let (_, name) = name.split_once("::").expect("a path");
    let binary = std::env::current_exe().unwrap();
    let inside = launcher.arg(binary).args([name, "--exact", "--nocapture"]).env(INSIDE, "1");
    let output = inside.output().unwrap_or_else(|error| panic!("{error}; is it installed? {inside:?}"));
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
