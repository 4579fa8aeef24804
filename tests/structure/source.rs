//! A crate's modules as their text declares them: imports, paths and definitions, without test code.
//!
//! Reads tokens rather than syntax, so that paths inside a macro call count too. Comments, documentation and strings
//! don't count.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Text of each file, by its path from the package's root.
pub(crate) type Files = BTreeMap<String, String>;

/// A module's names, beginning with the file of its crate's root.
pub(crate) type ModulePath = Vec<String>;

/// The modules of a package's library and programs.
#[derive(Debug, Default)]
pub(crate) struct Crates {
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) file: String,
    pub(crate) imports: Vec<Import>,
    /// Paths of two names or more outside of imports, such as `crate::build::Build`.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// Names that appear outside of imports.
    pub(crate) mentions: BTreeSet<String>,
    /// Names of the items that the module defines.
    pub(crate) definitions: BTreeSet<String>,
}

/// One name of a `use` item.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// `None` for `*`.
    pub(crate) name: Option<String>,
    pub(crate) public: bool,
}

impl Crates {
    /// Reads the library and the programs of the package, as far as they are not test code.
    pub(crate) fn read(files: &Files) -> Self {
        let mut crates = Self::default();
        for file in files.keys() {
            let inside = file.strip_prefix("src/bin/");
            let program = inside.is_some_and(|name| !name.contains('/') || name.ends_with("/main.rs"));
            if program || file == "src/lib.rs" || file == "src/main.rs" {
                crates.read_file(files, file, vec![file.clone()]);
            }
        }
        crates
    }

    fn read_file(&mut self, files: &Files, file: &str, path: ModulePath) {
        let text = files.get(file).unwrap_or_else(|| panic!("{file}: no such file"));
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let (folder, name) = file.rsplit_once('/').expect("a source file is in a folder");
        let stem = name.strip_suffix(".rs").expect("a source file ends with .rs");
        let at_root = path.len() == 1 || stem == "mod";
        let folder = if at_root { folder.to_owned() } else { format!("{folder}/{stem}") };
        let mut reader = Reader { crates: self, files, file, module: path, folder };
        reader.enter_module(tokens);
    }
}

const DEFINES: [&str; 9] = ["struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro"];

struct Reader<'a> {
    crates: &'a mut Crates,
    files: &'a Files,
    file: &'a str,
    module: ModulePath,
    /// The folder of the files that `mod name;` declares.
    folder: String,
}

impl Reader<'_> {
    fn enter_module(&mut self, tokens: TokenStream) {
        let module = Module { file: self.file.to_owned(), ..Module::default() };
        self.crates.modules.insert(self.module.clone(), module);
        self.read(tokens, true);
    }

    fn current(&mut self) -> &mut Module {
        self.crates.modules.get_mut(&self.module).expect("the module was entered")
    }

    /// Reads the inside of a pair of braces. With `outer`, its items are the module's own.
    fn read(&mut self, tokens: TokenStream, outer: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let (mut at, mut for_tests, mut public) = (0, false, false);
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some((attribute, length)) = attribute(rest) {
                for_tests |= is_for_tests(attribute);
                if for_tests && length == 3 {
                    return;
                }
                at += length;
                continue;
            }
            if for_tests {
                at += item_length(rest);
                for_tests = false;
                continue;
            }
            if word(rest, 0) == "pub" {
                public = true;
                at += if group(rest, 1, Delimiter::Parenthesis).is_some() { 2 } else { 1 };
                continue;
            }
            at += self.read_item(rest, &tokens[..at], outer, public);
            public = false;
        }
    }

    /// Reads one item, path or other token: returns how many tokens that was.
    fn read_item(&mut self, rest: &[TokenTree], before: &[TokenTree], outer: bool, public: bool) -> usize {
        let TokenTree::Ident(first) = &rest[0] else {
            if let TokenTree::Group(group) = &rest[0] {
                let of_macro = before.last().is_some_and(|token| is_punctuation(token, '!'));
                self.read(group.stream(), outer && of_macro);
            }
            return 1;
        };
        let first = first.to_string();
        match first.as_str() {
            "use" if !rest.get(1).is_some_and(|token| is_punctuation(token, '<')) => {
                let end = rest.iter().position(|token| is_punctuation(token, ';')).unwrap_or(rest.len());
                self.import(&rest[1..end], &[], public);
                return end + 1;
            }
            "mod" if !word(rest, 1).is_empty() => {
                self.declare(&word(rest, 1), group(rest, 2, Delimiter::Brace));
                return 3;
            }
            "macro_rules" if outer => {
                self.current().definitions.insert(word(rest, 2));
                return 3;
            }
            keyword if DEFINES.contains(&keyword) => {
                let name = word(rest, 1);
                if outer && !name.is_empty() && name != "fn" {
                    self.current().definitions.insert(name);
                }
                return 1;
            }
            _ => {}
        }
        let mut path = vec![first];
        while rest.len() > path.len() * 3 && is_path_separator(&rest[path.len() * 3 - 2..]) {
            let next = word(rest, path.len() * 3);
            if next.is_empty() {
                break;
            }
            path.push(next);
        }
        let length = path.len() * 3 - 2;
        if !is_member(before) {
            self.current().mentions.insert(path[0].clone());
            if path.len() > 1 {
                self.current().paths.insert(path);
            }
        }
        length
    }

    fn declare(&mut self, name: &str, body: Option<&Group>) {
        let mut path = self.module.clone();
        path.push(name.to_owned());
        let beside = format!("{}/{name}", self.folder);
        if let Some(body) = body {
            let outside = std::mem::replace(&mut self.module, path);
            let folder = std::mem::replace(&mut self.folder, beside);
            self.enter_module(body.stream());
            self.module = outside;
            self.folder = folder;
            return;
        }
        let candidates = [format!("{beside}.rs"), format!("{beside}/mod.rs")];
        let Some(file) = candidates.iter().find(|file| self.files.contains_key(*file)) else {
            panic!("{}: `mod {name};` names neither {} nor {}", self.file, candidates[0], candidates[1]);
        };
        self.crates.read_file(self.files, file, path);
    }

    /// Reads a `use` tree whose names follow `prefix`.
    fn import(&mut self, tokens: &[TokenTree], prefix: &[String], public: bool) {
        let mut path = prefix.to_vec();
        let mut name = None;
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(ident) if ident == "as" => {
                    name = Some(word(tokens, at + 1));
                    at += 1;
                }
                TokenTree::Ident(ident) if ident == "self" && !path.is_empty() => {}
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Group(group) => {
                    let inside: Vec<_> = group.stream().into_iter().collect();
                    let trees = inside.split(|token| is_punctuation(token, ','));
                    for tree in trees.filter(|tree| !tree.is_empty()) {
                        self.import(tree, &path, public);
                    }
                    return;
                }
                token if is_punctuation(token, '*') => {
                    self.current().imports.push(Import { path, name: None, public });
                    return;
                }
                // A path of another crate.
                _ if at == 0 && is_path_separator(tokens) => return,
                _ => {}
            }
            at += 1;
        }
        if let Some(last) = path.last() {
            let name = Some(name.unwrap_or_else(|| last.clone()));
            self.current().imports.push(Import { path, name, public });
        }
    }
}

/// Returns the name at this place, or an empty one.
fn word(tokens: &[TokenTree], at: usize) -> String {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => ident.to_string(),
        _ => String::new(),
    }
}

fn group(tokens: &[TokenTree], at: usize, delimiter: Delimiter) -> Option<&Group> {
    match tokens.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn is_punctuation(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punctuation) if punctuation.as_char() == character)
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    tokens.len() > 1 && tokens[..2].iter().all(|token| is_punctuation(token, ':'))
}

/// Returns true before a field or a method, but not before the end of a range.
fn is_member(before: &[TokenTree]) -> bool {
    let dots = before.iter().rev().take_while(|token| is_punctuation(token, '.')).count();
    dots == 1
}

/// The attribute at the beginning and its number of tokens: 3 for an inner one, `#![…]`.
fn attribute(tokens: &[TokenTree]) -> Option<(&Group, usize)> {
    if !is_punctuation(tokens.first()?, '#') {
        return None;
    }
    let inner = usize::from(is_punctuation(tokens.get(1)?, '!'));
    Some((group(tokens, 1 + inner, Delimiter::Bracket)?, 2 + inner))
}

/// Returns true for an attribute that leaves its item out of every build but the tests'.
fn is_for_tests(attribute: &Group) -> bool {
    let tokens: Vec<_> = attribute.stream().into_iter().collect();
    let predicate = (word(&tokens, 0) == "cfg").then(|| group(&tokens, 1, Delimiter::Parenthesis)).flatten();
    predicate.is_some_and(|group| needs_tests(&group.stream().into_iter().collect::<Vec<_>>()))
}

fn needs_tests(predicate: &[TokenTree]) -> bool {
    let inside: Vec<_> = group(predicate, 1, Delimiter::Parenthesis)
        .map(|group| group.stream().into_iter().collect())
        .unwrap_or_default();
    let mut parts = inside.split(|token| is_punctuation(token, ',')).filter(|part| !part.is_empty());
    match word(predicate, 0).as_str() {
        "test" | "doctest" => true,
        "all" => parts.any(needs_tests),
        "any" => parts.all(needs_tests),
        _ => false,
    }
}

/// Number of tokens of the item, field or statement at the beginning.
fn item_length(tokens: &[TokenTree]) -> usize {
    let mut start = 0;
    while let Some((_, length)) = attribute(&tokens[start..]) {
        start += length;
    }
    if word(tokens, start) == "pub" {
        start += if group(tokens, start + 1, Delimiter::Parenthesis).is_some() { 2 } else { 1 };
    }
    let mut keyword = word(tokens, start);
    if keyword == "const" && word(tokens, start + 1) == "fn" {
        "fn".clone_into(&mut keyword);
    }
    let to_semicolon = matches!(keyword.as_str(), "use" | "let" | "const" | "static" | "type" | "extern");
    let to_brace = matches!(
        keyword.as_str(),
        "fn" | "async" | "unsafe" | "struct" | "enum" | "union" | "trait" | "impl" | "mod" | "macro_rules"
    );
    for (at, token) in tokens.iter().enumerate().skip(start) {
        let follows_member = tokens
            .get(at + 1)
            .is_some_and(|next| [',', '.', '?'].into_iter().any(|character| is_punctuation(next, character)));
        let brace = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if is_punctuation(token, ';')
            || (!to_semicolon && brace && (to_brace || !follows_member))
            || (!to_semicolon && !to_brace && is_punctuation(token, ','))
        {
            return at + 1;
        }
    }
    tokens.len()
}
