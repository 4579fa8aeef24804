//! Messages of JSON-RPC 2.0, as the Model Context Protocol uses them.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    escape::{Escaped, shorten},
    json::{to_json, well_formed},
};

/// A request that has to be answered.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    /// A string or a number.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Value,
}

/// The reason why a request has no result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RpcError {
    code: i32,
    message: String,
}

impl RpcError {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn invalid_request(reason: impl Into<String>) -> Self {
        Self::new(-32600, reason)
    }

    pub(super) fn no_method(method: &str) -> Self {
        Self::new(-32601, format!("there is no method {:?}", shorten(method)))
    }

    pub(super) fn params(reason: impl Into<String>) -> Self {
        Self::new(-32602, reason)
    }
}

/// The answer to a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// There is nothing to say.
    Accepted,
    Json(Vec<u8>),
}

impl Reply {
    /// Creates the response to the request with this id.
    pub(super) fn of(id: &Value, result: Result<Value, RpcError>) -> Self {
        let mut response = match result {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(RpcError { code, message }) => {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
            }
        };
        make_harmless(&mut response);
        Self::Json(to_json(&response))
    }
}

impl Call {
    /// Parses a message; `None` if it is to have no answer.
    pub(super) fn parse(body: &[u8]) -> Result<Option<Self>, RpcError> {
        #[derive(Deserialize)]
        struct Message {
            jsonrpc: String,
            id: Option<Value>,
            method: Option<String>,
            #[serde(default)]
            params: Value,
        }
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(RpcError::invalid_request("several messages at once are not supported"));
        }
        let message: Message = serde_json::from_slice(&well_formed(body)).map_err(|error| {
            let code = if error.is_data() { -32600 } else { -32700 };
            RpcError::new(code, format!("the message is invalid: {}", Escaped(error)))
        })?;
        if message.jsonrpc != "2.0" {
            return Err(RpcError::invalid_request(format!(
                "`jsonrpc` is {:?}, not \"2.0\"",
                shorten(&message.jsonrpc)
            )));
        }
        match (message.method, message.id) {
            (Some(method), Some(id)) if id.is_string() || id.is_number() => {
                Ok(Some(Self { id, method, params: message.params }))
            }
            (Some(_), Some(_)) => Err(RpcError::invalid_request("`id` is neither a string nor a number")),
            (_, None) | (None, Some(_)) => Ok(None),
        }
    }
}

/// Escapes what a terminal interprets in all texts, line by line: clients may print them.
fn make_harmless(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.contains(|char: char| !matches!(char, ' '..='~')) {
                let lines = text.split('\n').map(|line| Escaped(line).to_string());
                *text = lines.collect::<Vec<_>>().join("\n");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(make_harmless),
        Value::Object(fields) => fields.values_mut().for_each(make_harmless),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> i32 {
        Call::parse(body.as_bytes()).unwrap_err().code
    }

    #[test]
    fn only_a_request_is_answered() {
        let call = Call::parse(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#).unwrap().unwrap();
        assert_eq!(call, Call { id: 7.into(), method: "ping".to_owned(), params: Value::Null });
        for body in [
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ] {
            assert_eq!(Call::parse(body.as_bytes()), Ok(None), "{body}");
        }
    }

    #[test]
    fn an_invalid_message_has_the_code_of_its_fault() {
        assert_eq!(code(""), -32700);
        assert_eq!(code("{"), -32700);
        assert_eq!(code(" []"), -32600);
        assert_eq!(code("7"), -32600);
        assert_eq!(code(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#), -32600);
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#), -32600);
        assert_eq!(code(r#"{"id":1,"method":"ping"}"#), -32600);
        let deep = "[".repeat(100_000);
        assert_eq!(code(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{deep}"#)), -32700);
    }

    #[test]
    fn no_text_of_an_answer_can_drive_a_terminal() {
        let result = json!({ "texts": ["a\u{1b}[31m\nb\u{202e}", "plain\n\"quoted\""], "n": 1 });
        let Reply::Json(bytes) = Reply::of(&"x".into(), Ok(result)) else { panic!("it has an answer") };
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let texts = json!(["a\\u{1b}[31m\nb\\u{202e}", "plain\n\"quoted\""]);
        assert_eq!((&answer["result"]["texts"], &answer["id"]), (&texts, &"x".into()));
    }
}
