use super::*;

fn graph(files: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::default();
    for (id, text) in files {
        graph.set(id, Some(&lexer::lex(text).unwrap()));
    }
    graph
}

/// Changes a file, and returns the modules that have to run again.
fn change(graph: &mut Graph, id: &str, text: &str) -> Option<(u64, Vec<String>)> {
    let module = lexer::lex(text).unwrap();
    let update = graph.apply(&[(id, Some(&module))], &[], 1_000)?;
    let changed = update.importers.keys().filter(|id| graph.change_of(id) == update.change);
    Some((update.change, changed.cloned().collect()))
}

const HOT: &str = "import.meta.hot.accept();";

#[test]
fn a_change_reaches_what_does_not_accept_it() {
    let mut graph = graph(&[
        ("/main.js", "import './a.js'; import './off.js'"),
        ("/a.js", &format!("import './b.js'; import './off.js'; {HOT}")),
        ("/b.js", "export * from '/c.js'"),
        ("/c.js", "import('./a.js')"),
        ("/d.js", "import './c.js'; import.meta.hot.accept('./c.js')"),
        ("/off.js", ""),
    ]);
    let (first, reached) = change(&mut graph, "/c.js", "").unwrap();
    assert_eq!(reached, ["/a.js", "/b.js", "/c.js"]);
    assert_eq!((first, graph.change_of("/main.js"), graph.change_of("/d.js")), (1_000, 0, 0));
    let (second, reached) = change(&mut graph, "/off.js", "").unwrap();
    assert_eq!((second, reached), (1_001, vec!["/a.js".into(), "/main.js".into(), "/off.js".into()]));
    assert_eq!(graph.change_of("/c.js"), first);
    assert_eq!(change(&mut graph, "/new.js", "import './c.js'"), None);
    let (_, reached) = change(&mut graph, "/c.js", HOT).unwrap();
    assert_eq!(reached, ["/a.js", "/b.js", "/c.js", "/new.js"], "what the page runs accepts nothing");
    let (_, reached) = change(&mut graph, "/c.js", HOT).unwrap();
    assert_eq!(reached, ["/c.js"]);
}

#[test]
fn what_nothing_imports_any_more_is_pruned() {
    let mut graph =
        graph(&[("/a.js", "import './b.js'; import './c.css'"), ("/b.js", "import './d.js'"), ("/d.js", "")]);
    let module = lexer::lex("import './d.js'").unwrap();
    let update = graph.apply(&[("/a.js", Some(&module))], &[], 0).unwrap();
    assert_eq!(update.pruned, ["/b.js", "/c.css"]);
    assert_eq!(graph.apply(&[("/c.css", None)], &[], 0), None, "it is forgotten");
    let update = graph.apply(&[("/d.js", None)], &[], 0).unwrap();
    assert_eq!(update.importers["/d.js"], ["/a.js", "/b.js"]);
    assert!(graph.node("/d.js").is_some(), "what imports it would find it again");
}

#[test]
fn exports_are_accepted_from_those_that_take_no_others() {
    let accepting = "import.meta.hot.acceptExports(['b', 'c'])";
    let mut graph = graph(&[
        ("/a.js", accepting),
        ("/one.js", "import { b } from './a.js'"),
        ("/two.js", "import './a.js'; export { c } from './a.js'"),
        ("/three.js", "import { b, d } from './a.js'"),
        ("/four.js", "import * as a from './a.js'"),
        ("/five.js", "import { b } from './a.js'; import('./a.js')"),
    ]);
    let module = lexer::lex(accepting).unwrap();
    let update = graph.apply(&[("/a.js", Some(&module))], &[], 0).unwrap();
    let reached: Vec<_> = update.importers.keys().collect();
    assert_eq!(reached, ["/a.js", "/five.js", "/four.js", "/three.js"]);
    let names: Vec<_> = update.names["/a.js"].iter().map(|(id, names)| (&**id, names.join(" "))).collect();
    let expected = [("/one.js", "b"), ("/three.js", "b d"), ("/two.js", "c")];
    assert_eq!(names, expected.map(|(id, names)| (id, names.to_owned())));
}

#[test]
fn an_update_is_passed_on_once() {
    let mut graph = graph(&[
        ("/main.js", "import './b.js'"),
        ("/b.js", "import './a.js'; import.meta.hot.accept('./a.js')"),
        ("/a.js", HOT),
    ]);
    let (first, reached) = change(&mut graph, "/a.js", HOT).unwrap();
    assert_eq!(reached, ["/a.js"]);
    assert_eq!(graph.invalidate("/a.js", 0, 0), None, "of an earlier instance");
    let update = graph.invalidate("/a.js", first, 0).unwrap();
    assert_eq!(update.invalidated, ["/b.js"]);
    assert_eq!(update.importers.keys().collect::<Vec<_>>(), ["/b.js", "/main.js"]);
    assert_eq!(["/a.js", "/b.js"].map(|id| graph.change_of(id)), [first, update.change]);
    assert_eq!(graph.invalidate("/a.js", first, 0), None, "another page has asked before");
    assert_eq!(graph.invalidate("/none.js", 0, 0), None);
    let (second, _) = change(&mut graph, "/a.js", HOT).unwrap();
    assert!(graph.invalidate("/a.js", second, 0).is_some());
}

#[test]
fn what_is_replaced_in_place_runs_nothing_again_unless_that_is_accepted() {
    let text = "import s from './s.css' with { type: 'css' }; new URL('./i.png', import.meta.url);";
    let mut graph = graph(&[("/a.js", text), ("/b.js", "import './a.js'")]);
    for id in ["/s.css", "/i.png"] {
        let update = graph.apply(&[(id, None)], &[], 0).unwrap();
        assert_eq!(update.importers.into_iter().collect::<Vec<_>>(), [(id.into(), vec!["/a.js".into()])]);
    }
    assert_eq!(["/s.css", "/a.js", "/b.js"].map(|id| graph.change_of(id)), [0; 3]);
    graph.set("/b.js", Some(&lexer::lex(&format!("import './a.js'; {HOT}")).unwrap()));
    let update = graph.apply(&[("/s.css", None)], &[], 0).unwrap();
    assert_eq!(update.importers.keys().collect::<Vec<_>>(), ["/a.js", "/b.js", "/s.css"]);
    assert_eq!(["/s.css", "/a.js", "/b.js"].map(|id| graph.change_of(id)), [update.change; 3]);
}

#[test]
fn import_maps_name_what_modules_import() {
    let mut graph = graph(&[("/a.js", "import 'b'; import './c.js'"), ("/b.js", ""), ("/c.js", "")]);
    let importers = |graph: &mut Graph, id: &str| {
        let update = graph.apply(&[(id, Some(&lexer::lex("").unwrap()))], &[], 0).unwrap();
        update.importers.get(id).cloned()
    };
    assert_eq!(importers(&mut graph, "/b.js"), Some(vec![]));
    let declared = |map: &str| {
        let mut page = Declared::new("/");
        page.import_map(map);
        page
    };
    graph.declare("/", declared(r#"{"imports":{"b":"/b.js","/c.js":"/d.js"}}"#));
    assert_eq!(importers(&mut graph, "/b.js"), Some(vec!["/a.js".into()]));
    assert_eq!(importers(&mut graph, "/c.js"), Some(vec![]));
    assert_eq!(importers(&mut graph, "/d.js"), Some(vec!["/a.js".into()]));
    graph.declare("/other", declared(r#"{"imports":{"b":"/e.js"}}"#));
    assert_eq!(importers(&mut graph, "/b.js"), None, "it depends on the page");
}

#[test]
fn a_text_that_is_no_module_changes_nothing_that_is_known() {
    let mut graph = graph(&[("/a.js", &format!("import './b.js'; {HOT}")), ("/b.js", "")]);
    let update = graph.apply(&[("/a.js", None)], &["/a.js"], 0).unwrap();
    assert!(update.pruned.is_empty());
    let update = graph.apply(&[("/b.js", Some(&lexer::lex("").unwrap()))], &[], 0).unwrap();
    assert_eq!(update.importers.keys().collect::<Vec<_>>(), ["/a.js", "/b.js"]);
    let update = graph.apply(&[("/a.js", None)], &[], 0).unwrap();
    assert_eq!(update.pruned, ["/b.js"], "it is gone");
    assert_eq!(graph.change_of("/b.js"), update.change, "it runs if it is imported again");
}

#[test]
fn importers_that_a_browser_alone_can_tell_are_named() {
    let mut graph = graph(&[
        ("/a.js", ""),
        ("/x/b.js", "import 'a'; import '/app/a.js'; import './c.js'"),
        ("/c.js", "import 'http://localhost:3000/a.js'; import '//cdn.test/npm/ba.js'; import 'a'"),
    ]);
    let unresolved = |graph: &mut Graph| {
        let update = graph.apply(&[("/a.js", Some(&lexer::lex("").unwrap()))], &[], 0).unwrap();
        update
            .unresolved
            .into_iter()
            .map(|(specifier, ids)| format!("{specifier} in {}", ids.join(" ")))
            .collect::<Vec<_>>()
    };
    let absolute = ["/app/a.js in /x/b.js", "http://localhost:3000/a.js in /c.js"];
    assert_eq!(unresolved(&mut graph), [absolute[0], "a in /c.js /x/b.js", absolute[1]]);
    let mut page = Declared::new("/");
    page.import_map(r#"{"imports":{"a":"https://cdn.test/lit.js"}}"#);
    graph.declare("/", page);
    assert_eq!(unresolved(&mut graph), absolute);
}

#[test]
fn instances_of_an_earlier_process_are_taken_over() {
    let main = "import './a.js'; import './b.js'";
    let instances = |list: &[(&'static str, u64)]| {
        list.iter().map(|(id, change)| (Cow::from(*id), *change)).collect::<Vec<_>>()
    };
    let mut graph = Graph::default();
    assert!(graph.restore(&instances(&[("/a.js", 70), ("/b.js", 60)]), 100), "before the files are read");
    graph.set("/main.js", Some(&lexer::lex(main).unwrap()));
    graph.set("/a.js", Some(&lexer::lex(HOT).unwrap()));
    assert_eq!(["/main.js", "/a.js", "/b.js"].map(|id| graph.change_of(id)), [0, 70, 60]);
    assert!(graph.restore(&instances(&[("/a.js", 70)]), 100), "another page has the same");
    assert!(!graph.restore(&instances(&[("/a.js", 80)]), 100), "or others");
    assert!(!graph.restore(&instances(&[("/main.js", 101)]), 100), "a time to come");
    assert!(graph.restore(&instances(&[("/main.js", 99)]), 100));
    assert_eq!(change(&mut graph, "/a.js", HOT), Some((1_000, vec!["/a.js".into()])));
    graph.set("/c.js", Some(&lexer::lex(main).unwrap()));
    graph.node("/c.js").unwrap().serve();
    assert!(
        !graph.restore(&instances(&[("/b.js", 60), ("/c.js", 90)]), 100),
        "a page has it under its own URL"
    );
    let many: Vec<_> = (0..=MOST_RESTORED).map(|n| (Cow::from(format!("/{n}.js")), 1)).collect();
    assert!(!graph.restore(&many, 100), "memory is bounded");
}

#[test]
fn circles_end() {
    let mut graph = graph(&[("/a.js", "import './b.js'"), ("/b.js", "import './a.js'; import './b.js'")]);
    let (_, reached) = change(&mut graph, "/b.js", "import './a.js'").unwrap();
    assert_eq!(reached, ["/a.js", "/b.js"]);
}

#[test]
fn too_many_modules_are_not_listed() {
    let module = lexer::lex("").unwrap();
    for (count, accepts, listed) in [(MOST - 1, "", MOST), (MOST, "", 0), (MOST_IMPORTERS + 1, HOT, 0)] {
        let mut graph = graph(&[("/a.js", accepts)]);
        for n in 0..count {
            graph.set(&format!("/{n}.js"), Some(&lexer::lex("import './a.js'").unwrap()));
        }
        let update = graph.apply(&[("/a.js", Some(&module))], &[], 5).unwrap();
        assert_eq!((update.change, update.importers.len(), graph.change_of("/a.js")), (5, listed, 5));
    }
}
