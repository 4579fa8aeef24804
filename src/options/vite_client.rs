//! Vite's own client from a `node_modules` folder, with the values that Vite's server would insert.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use crate::errors::OptionsError;

/// The client's first import, which Vite rewrites like any import of a package.
const ENV_IMPORT: &str = "\"@vite/env\"";

/// The placeholders of `client.mjs`.
const CLIENT: [&str; 12] = [
    "__BASE__",
    "__SERVER_HOST__",
    "__HMR_PROTOCOL__",
    "__HMR_HOSTNAME__",
    "__HMR_PORT__",
    "__HMR_DIRECT_TARGET__",
    "__HMR_BASE__",
    "__HMR_TIMEOUT__",
    "__HMR_ENABLE_OVERLAY__",
    "__HMR_CONFIG_NAME__",
    "__WS_TOKEN__",
    "__SERVER_FORWARD_CONSOLE__",
];

/// The placeholder of `env.mjs`.
const ENV: [&str; 1] = ["__DEFINES__"];

/// The client's two modules, with their placeholders.
pub(crate) struct ViteClient {
    client: String,
    env: String,
}

/// Values of the placeholders.
pub(crate) struct Placeholders<'a> {
    /// Path of this server's root in browsers, with a slash at both ends.
    pub(crate) base: &'a str,
    /// Host of the page.
    pub(crate) host: &'a str,
    /// Port of the sockets, if they have one of their own.
    pub(crate) port: Option<u16>,
    /// Shows errors over the page.
    pub(crate) overlay: bool,
    pub(crate) token: &'a str,
}

impl ViteClient {
    pub(crate) fn load(node_modules: &Path) -> Result<Self, OptionsError> {
        let folder = node_modules.join("vite/dist/client");
        let (client, env) = (read(folder.join("client.mjs"), &CLIENT)?, read(folder.join("env.mjs"), &ENV)?);
        if !client.contains(ENV_IMPORT) {
            return Err(unfit(folder.join("client.mjs"), format!("it does not import {ENV_IMPORT}")));
        }
        Ok(Self { client, env })
    }

    /// The text of the client. `forwardConsole` has to be an object, and the port and its like null where they are
    /// the page's own.
    pub(crate) fn client(&self, placeholders: &Placeholders<'_>) -> String {
        let Placeholders { base, host, port, overlay, token } = placeholders;
        let values = [
            json(base),
            json(host),
            "null".to_owned(),
            "null".to_owned(),
            port.map_or("null".to_owned(), |port| port.to_string()),
            json(&format!("{host}{base}")),
            json(base),
            // Vite's: how often the client says that it is there, in milliseconds.
            "30000".to_owned(),
            overlay.to_string(),
            json("vite.config.js"),
            json(token),
            r#"{"enabled":false,"unhandledErrors":false,"logLevels":[]}"#.to_owned(),
        ];
        let text = self.client.replacen(ENV_IMPORT, &json(&format!("{base}@vite/env")), 1);
        fill(&text, &CLIENT, &values)
    }

    pub(crate) fn env(&self) -> String {
        fill(&self.env, &ENV, &["{}".to_owned()])
    }
}

impl fmt::Debug for ViteClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViteClient").finish_non_exhaustive()
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads a module that has all of these placeholders and no other.
fn read(file: PathBuf, known: &[&str]) -> Result<String, OptionsError> {
    match fs::read_to_string(&file) {
        Ok(text) => check(file, text, known),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(unfit(file, "there is no such file".to_owned()))
        }
        Err(error) => Err(unfit(file, error.to_string())),
    }
}

fn check(file: PathBuf, text: String, known: &[&str]) -> Result<String, OptionsError> {
    if let Some(other) = placeholders(&text).find(|name| !known.contains(name)) {
        return Err(unfit(file, format!("it has {other}, which this crate does not know")));
    }
    match known.iter().find(|name| !text.contains(**name)) {
        Some(missing) => Err(unfit(file, format!("it has no {missing}"))),
        None => Ok(text),
    }
}

fn unfit(file: PathBuf, reason: String) -> OptionsError {
    OptionsError::ViteClient { file, reason }
}

/// The names between double underscores that are in capitals, but for the mark of pure calls in comments.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').filter(|word| {
        let inner = word.strip_prefix("__").and_then(|word| word.strip_suffix("__")).unwrap_or_default();
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit();
        inner.starts_with(|char: char| char.is_ascii_uppercase())
            && inner.bytes().all(capital)
            && inner != "PURE"
    })
}

/// Fills in one placeholder after another in one pass, so that no value is taken for a placeholder.
fn fill(text: &str, names: &[&str], values: &[String]) -> String {
    let mut out = String::with_capacity(text.len() + 1024);
    let mut rest = text;
    while let Some(at) = rest.find("__") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match names.iter().zip(values).find(|(name, _)| rest.starts_with(**name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                out.push_str("__");
                rest = &rest[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_placeholder_is_filled_once_and_nothing_else_is_touched() {
        let values = ["1".to_owned(), "\"__B__\"".to_owned()];
        assert_eq!(
            fill("a = __A__; b = __B__ + x__y", &["__A__", "__B__"], &values),
            "a = 1; b = \"__B__\" + x__y"
        );
    }

    #[test]
    fn a_version_that_needs_something_else_is_an_error_that_says_what() {
        let check =
            |text: &str| check("env.mjs".into(), text.to_owned(), &ENV).map_err(|error| error.to_string());
        assert!(check("const defines = __DEFINES__;").is_ok());
        for (text, named) in
            [("__DEFINES__; __HMR_NEW__", "it has __HMR_NEW__"), ("", "it has no __DEFINES__")]
        {
            let error = check(text).unwrap_err();
            assert!(error.contains(named) && error.contains("env.mjs") && error.contains("8.3.8"), "{error}");
        }
        let error = ViteClient::load(Path::new("no/such/folder")).unwrap_err().to_string();
        assert!(error.contains("client.mjs") && error.contains("no such file"), "{error}");
    }

    #[test]
    fn what_is_filled_in_is_a_value_of_the_language() {
        let client = CLIENT.join(";") + ";import \"@vite/env\"";
        let client = ViteClient { client, env: "const defines = __DEFINES__".to_owned() };
        let placeholders = Placeholders {
            base: "/app/",
            host: "\";alert()//",
            port: Some(24678),
            overlay: true,
            token: "7f",
        };
        let text = client.client(&placeholders);
        let expected = r#""/app/";"\";alert()//";null;null;24678;"\";alert()///app/";"/app/";30000;true;"#;
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains(r#";"7f";{"#) && text.ends_with(r#"import "/app/@vite/env""#), "{text}");
        assert_eq!(client.env(), "const defines = {}");
        let silent = client.client(&Placeholders { overlay: false, ..placeholders });
        assert_eq!(silent, text.replace(";true;", ";false;"), "no overlay, and all else is the same");
    }

    #[test]
    fn a_placeholder_is_told_from_other_names() {
        let text = "/* @__PURE__ */ __BASE__ `__x00__` __vite_is__ __HMR_2__ _A_ ____";
        assert_eq!(placeholders(text).collect::<Vec<_>>(), ["__BASE__", "__HMR_2__"]);
    }
}
