//! The name of the program in a command line. Pure.

use std::path::Path;

/// Programs that run the program that follows them.
const LAUNCHERS: [&str; 9] = ["npx", "bunx", "pnpx", "npm", "pnpm", "yarn", "bun", "exec", "env"];

/// Words of launchers between them and the program.
const SUBCOMMANDS: [&str; 3] = ["exec", "dlx", "x"];

/// Name of the first program of a command line: `tailwindcss` of `npx tailwindcss -i in.css`. The first word as it is if
/// none has a name.
pub(super) fn program(line: &str) -> &str {
    let words = || line.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    let is_assignment = |word: &&str| word.split('=').next().is_some_and(|name| name.len() < word.len());
    let mut programs =
        words().filter(|word| !is_assignment(word) && !word.starts_with('-')).map(file_name).peekable();
    let mut program = programs.next();
    while program.is_some_and(|name| LAUNCHERS.contains(&name)) {
        let launcher = program;
        while programs.peek().is_some_and(|word| SUBCOMMANDS.contains(word)) {
            programs.next();
        }
        // `npm run css` is a script of the project, and named after it.
        while programs.peek() == Some(&"run") {
            programs.next();
        }
        program = programs.next();
        if program.is_none() {
            return launcher.unwrap_or(line);
        }
    }
    program.filter(|name| !name.is_empty()).unwrap_or(line.trim())
}

fn file_name(word: &str) -> &str {
    let name = Path::new(word).file_name().and_then(|name| name.to_str());
    name.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn a_command_is_named_after_its_program() {
        for (line, name) in [
            ("make css", "make"),
            ("tailwindcss -i in.css -o out.css --watch", "tailwindcss"),
            ("node_modules/.bin/tsc -w", "tsc"),
            ("npx --yes sass --watch styles:public", "sass"),
            ("pnpm exec tsc -w", "tsc"),
            ("npm run css", "css"),
            ("NODE_ENV=production exec ./build.sh", "build.sh"),
            ("npx", "npx"),
            ("env -i", "env"),
            ("'/opt/my/tool' x", "tool"),
            ("/", "/"),
            ("  true  ", "true"),
        ] {
            assert_eq!(program(line), name, "{line:?}");
        }
    }
}
