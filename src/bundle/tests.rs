//! The state of one bundle over a series of builds.

use super::*;

fn build(hash: &str, changes: &[(&str, &str)]) -> Build {
    Build::new(hash).changes(changes.iter().map(|&(id, version)| match version {
        "" => Change::removed(id),
        _ => Change::new(id).version(version),
    }))
}

/// A bundle whose first build is this one.
fn begun(build: Build) -> Bundle {
    Bundle::of(build, None)
}

fn apply(bundle: &mut Bundle, build: Build) {
    *bundle = Bundle::of(build, Some(bundle));
}

fn since(bundle: &Bundle, hash: &str) -> Option<Vec<String>> {
    let since = [hash.to_owned()];
    let (_, changes) = bundle.snapshot(&since, &mut { MAX_COMPARED_BYTES }).since?;
    Some(changes.into_iter().map(|c| format!("{}={}", c.id, c.version.unwrap_or_default())).collect())
}

fn three_files() -> Bundle {
    begun(Build::new("h0").files([("/a", "1"), ("/b", "1"), ("/c", "1")]))
}

#[test]
fn changes_over_many_builds_are_exact() {
    let mut bundle = three_files();
    apply(&mut bundle, build("h1", &[("/a", "2")]));
    apply(&mut bundle, build("h2", &[("/b", "2"), ("/d", "1")]));
    apply(&mut bundle, build("h3", &[("/a", "1"), ("/c", "")]));
    assert_eq!(since(&bundle, "h0").unwrap(), ["/b=2", "/c=", "/d=1"], "/a was changed back");
    assert_eq!(since(&bundle, "h1").unwrap(), ["/a=1", "/b=2", "/c=", "/d=1"]);
    assert_eq!(since(&bundle, "h2").unwrap(), ["/a=1", "/c="]);
    assert_eq!(since(&bundle, "h3"), None, "the current hash has nothing to catch up with");
    assert_eq!(since(&bundle, "other"), None);
}

#[test]
fn a_hash_that_came_back_counts_from_its_last_time() {
    let mut bundle = three_files();
    apply(&mut bundle, build("h1", &[("/a", "2")]));
    apply(&mut bundle, build("h0", &[("/a", "1")]));
    apply(&mut bundle, build("h2", &[("/b", "2")]));
    assert_eq!(since(&bundle, "h0").unwrap(), ["/b=2"]);
}

#[test]
fn a_build_of_unknown_changes_ends_the_history() {
    let mut bundle = three_files();
    apply(&mut bundle, Build::new("h1"));
    apply(&mut bundle, build("h2", &[("/a", "3")]));
    assert_eq!(since(&bundle, "h0"), None);
    assert_eq!(since(&bundle, "h1").unwrap(), ["/a=3"]);
    assert!(bundle.past.files().is_none(), "not all files are known any more");
}

#[test]
fn a_new_set_of_files_is_compared_with_the_old() {
    let mut bundle = three_files();
    apply(&mut bundle, Build::new("h1").files([("/a", "1"), ("/b", "9"), ("/e", "1")]));
    assert_eq!(since(&bundle, "h0").unwrap(), ["/b=9", "/c=", "/e=1"]);
}

#[test]
fn the_history_is_bounded() {
    let mut bundle = three_files();
    for n in 1..=past::MAX_STEPS + 1 {
        apply(&mut bundle, build(&format!("h{n}"), &[("/a", &n.to_string())]));
    }
    assert_eq!(since(&bundle, "h0"), None);
    assert_eq!(since(&bundle, "h1").unwrap(), [format!("/a={}", past::MAX_STEPS + 1)]);
    let many: Vec<_> = (0..=past::MAX_STEP_CHANGES).map(|n| format!("/{n}")).collect();
    apply(&mut bundle, Build::new("big").changes(many.iter().map(Change::new)));
    assert_eq!(bundle.past.kept(), (0, 0));
}

#[test]
fn the_sync_of_a_newcomer_has_its_changes_and_all_files() {
    let mut bundle = three_files();
    apply(&mut bundle, build("h1", &[("/a", "2"), ("/b", ""), ("/c", "")]));
    let text = |since: &[&str], with_changes| {
        let since: Vec<_> = since.iter().map(ToString::to_string).collect();
        let mut out = Vec::<Bytes>::new();
        bundle.snapshot(&since, &mut { MAX_COMPARED_BYTES }).write(with_changes, &mut out);
        String::from_utf8(out.concat()).unwrap()
    };
    let plain = r#"data: {"name":"","action":"sync","hash":"h1","warnings":[],"errors":[],"modules":{}"#;
    assert_eq!(text(&["h0"], false), format!("{plain}}}\n\n"));
    assert_eq!(text(&["h1", "h0"], true), format!("{plain},\"files\":{{\"/a\":\"2\"}}}}\n\n"));
    assert_eq!(
        text(&["h0"], true),
        format!(
            "{plain},\"since\":\"h0\",\"changes\":[{{\"id\":\"/a\",\"version\":\"2\"}},{{\"id\":\"/b\"}},{{\"id\":\"/c\"}}],\"files\":{{\"/a\":\"2\"}}}}\n\n"
        )
    );
}

#[test]
fn an_unchanged_hash_is_a_sync_and_a_changed_one_names_the_previous() {
    let text = |frame: Frame| {
        let mut out = Vec::<Bytes>::new();
        frame.write(true, &mut out);
        String::from_utf8(out.concat()).unwrap()
    };
    let bundle = three_files();
    let before = Some(&**bundle.latest());
    assert!(text(frame(&Build::new("h0"), before, false)).contains(r#""action":"sync""#));
    assert!(text(frame(&build("h1", &[("/a", "2")]), before, false)).ends_with(
        "\"modules\":{},\"previous\":\"h0\",\"changes\":[{\"id\":\"/a\",\"version\":\"2\"}]}\n\n"
    ));
    let first = Build::new("h0").files([("/a", "1")]);
    assert!(text(frame(&first, None, false)).ends_with("\"modules\":{},\"files\":{\"/a\":\"1\"}}\n\n"));
    let unknown = begun(Build { hash: None, ..Build::default() });
    let again = frame(&unknown.latest().build, Some(unknown.latest()), false);
    assert!(text(again).contains(r#""action":"built""#), "builds without a hash can't be compared");
    assert!(text(frame(&first, None, true)).contains(r#""action":"sync""#), "nothing was built yet");
}

#[test]
fn the_list_of_files_is_bounded_in_number_and_in_bytes() {
    let build = |count: usize, length: usize| {
        let name = |n| format!("/{}{n}", "f".repeat(length));
        Build::new("h").files((0..count).map(|n| (name(n), "1")))
    };
    for (count, length, listed) in [
        (MAX_FILES_LISTED, 8, true),
        (MAX_FILES_LISTED + 1, 8, false),
        (3_000, 1_000, false),
        (1, MAX_LISTED_BYTES, false),
    ] {
        let build = build(count, length);
        let mut event = Vec::<Bytes>::new();
        frame(&build, None, true).write(true, &mut event);
        let mut sync = Vec::<Bytes>::new();
        begun(build).snapshot(&[], &mut 0).write(true, &mut sync);
        for bytes in [event.concat(), sync.concat()] {
            assert_eq!(
                String::from_utf8(bytes).unwrap().contains("\"files\""),
                listed,
                "{count} of {length}"
            );
        }
    }
}

#[test]
fn the_bundles_in_every_page_are_bounded() {
    let tag = |name: usize, hash: usize| {
        begun(Build::new("h".repeat(hash)).name("n".repeat(name))).latest().in_tag().is_some()
    };
    assert!(tag(MAX_NAME_IN_TAG, MAX_HASH_IN_TAG));
    assert!(!tag(MAX_NAME_IN_TAG + 1, 1) && !tag(0, MAX_HASH_IN_TAG + 1));
}

#[test]
fn changes_of_failed_builds_are_withheld_until_one_with_a_hash_is_clean() {
    const A: &[(&str, &str)] = &[("/a", "2")];
    let unhashed = Build::default;
    let failed = |build: Build| build.error("no such name");
    let reload = Effect::Reload { file: None };
    let cases: [(&str, Vec<Build>, &Effect); 11] = [
        ("the same output", vec![failed(build("h1", A)), build("h1", &[])], &reload),
        ("the same output, unknown", vec![failed(Build::new("h1")), Build::new("h1")], &reload),
        ("another output", vec![failed(build("h1", A)), build("h2", &[("/b", "2")])], &reload),
        ("two failures", vec![failed(build("h1", A)), failed(build("h1", &[])), build("h1", &[])], &reload),
        ("a fix without a hash", vec![failed(build("h1", A)), unhashed()], &Effect::HideErrors),
        ("a hash after it", vec![failed(build("h1", A)), unhashed(), build("h1", &[])], &reload),
        ("no output", vec![failed(build("h0", &[])), build("h0", &[])], &Effect::HideErrors),
        ("no output, unknown", vec![failed(Build::new("h0")), Build::new("h0")], &Effect::HideErrors),
        ("a failure without a hash", vec![failed(unhashed()), unhashed()], &Effect::HideErrors),
        ("after the fix", vec![failed(build("h1", A)), build("h1", &[]), build("h1", &[])], &Effect::Nothing),
        ("no failure", vec![build("h1", A), build("h1", &[])], &Effect::Nothing),
    ];
    for (case, builds, expected) in cases {
        let mut bundle = three_files();
        let mut effect = None;
        for build in builds {
            effect = Some(frame(&build, Some(bundle.latest()), false));
            apply(&mut bundle, build);
        }
        assert_eq!(effect.unwrap().effect(), expected, "{case}");
    }
}
