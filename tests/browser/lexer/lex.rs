//! Lexes texts with the crate's own lexer of modules, for `lexer.test.js`: each line of the input is a text as a JSON
//! string, and each line of the output is what it imports, or `null` for no module.

use std::io::{self, BufRead, BufWriter, Write};

use serde_json::{Value, json};

#[path = "../../../src/modules/lexer/mod.rs"]
#[allow(dead_code, reason = "the rest is for the graph and the rewriter")]
mod lexer;

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &lexed(&text))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn lexed(text: &str) -> Value {
    let Ok(module) = lexer::lex(text) else { return Value::Null };
    let import = |import: &lexer::Import| {
        let quoted = &text[import.range.start - 1..=import.range.end];
        json!({ "kind": format!("{:?}", import.kind), "specifier": import.specifier, "quoted": quoted })
    };
    let imports: Vec<_> = module.imports.iter().map(import).collect();
    json!({ "imports": imports, "hasDefault": module.has_default })
}
