//! The documents, as far as they can be checked: the targets of links exist.

use std::{fs, path::Path};

#[test]
fn the_links_in_the_documents_have_targets() {
    let root = Path::new(crate::ROOT);
    let in_docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let documents = ["README.md", "CHANGELOG.md"].map(|name| root.join(name)).into_iter().chain(in_docs);
    let mut checked = 0;
    for document in documents.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(document.with_file_name(file).exists(), "{} links to {target}", document.display());
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn every_file_that_the_readme_names_exists() {
    let root = Path::new(crate::ROOT);
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let named = readme.split('`').skip(1).step_by(2);
    let files: Vec<_> = named
        .filter(|text| {
            ["tests/", "src/", "docs/", "examples/", "client-js/"]
                .iter()
                .any(|folder| text.starts_with(folder))
        })
        .collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        assert!(root.join(file).exists(), "the README names {file}");
    }
}

#[test]
fn every_document_is_in_the_index_and_linked_from_the_crate_s_first_page() {
    let docs = Path::new(crate::ROOT).join("docs");
    let index = fs::read_to_string(docs.join("README.md")).unwrap();
    let first_page = fs::read_to_string(docs.with_file_name("src").join("lib.rs")).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| {
        Path::new(name).extension().is_some_and(|extension| extension == "md") && name != "README.md"
    });
    assert!(names.len() > 10, "{names:?}");
    for name in &names {
        assert!(index.contains(&format!("[{name}]({name})")), "docs/README.md lacks {name}");
        let target =
            format!("//! [{name}]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/{name}\n");
        assert!(first_page.contains(&target), "src/lib.rs lacks {target}");
        assert!(first_page.matches(&format!("[{name}]")).count() > 1, "src/lib.rs does not name {name}");
    }
    assert_eq!(
        first_page.matches("/latest/source/docs/").count(),
        names.len(),
        "src/lib.rs links to a missing document"
    );
}
