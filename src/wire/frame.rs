//! One event as it is sent, encoded once for any number of clients.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use bytes::Bytes;
use serde::Serialize;

use super::webpack::Event;
use crate::{build::Effect, json::to_json};

/// The end of an event's text: the JSON object's brace, and the blank line that dispatches it.
pub(crate) const END: &[u8] = b"}\n\n";

const DATA: &[u8] = b"data: ";

/// One encoded event. A clone costs a reference count.
///
/// The extension fields for this crate's own client are kept apart, so that both kinds of client are sent
/// slices of one encoding: stock clients get `data`; this crate's client gets `data` up to [`END`], then the
/// extension, then [`END`].
#[derive(Clone)]
pub(crate) struct Frame(Arc<Encoded>);

struct Encoded {
    data: Bytes,
    extension: Option<Bytes>,
    effect: Effect,
    made: SystemTime,
    /// The event in another transport's encoding, created for its first client.
    translation: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Frame {
    /// Creates an event with this JSON text as its data and as its effect.
    pub(crate) fn new(json: &[u8]) -> Self {
        Self::with_effect(json, None, Effect::AsPublished)
    }

    /// Creates an event with this JSON text as its data and with extension fields: the text of a JSON object
    /// without its braces and with a leading comma.
    pub(crate) fn with_effect(json: &[u8], extension: Option<Bytes>, effect: Effect) -> Self {
        let mut data = Vec::with_capacity(DATA.len() + json.len() + 2);
        data.extend_from_slice(DATA);
        data.extend_from_slice(json);
        // JSON may have line breaks between its tokens, where a space is equivalent. In an event stream they
        // would end the field (HTML standard, section 9.2.5).
        for line_break in *b"\n\r" {
            if data.contains(&line_break) {
                data.iter_mut().filter(|byte| **byte == line_break).for_each(|byte| *byte = b' ');
            }
        }
        data.extend_from_slice(b"\n\n");
        let translation = OnceLock::new();
        let made = SystemTime::now();
        Self(Arc::new(Encoded { data: data.into(), extension, effect, made, translation }))
    }

    /// Creates an event of exactly these bytes.
    #[cfg(test)]
    pub(crate) fn raw(data: Bytes) -> Self {
        let (effect, made, translation) = (Effect::Nothing, SystemTime::now(), OnceLock::new());
        Self(Arc::new(Encoded { data, extension: None, effect, made, translation }))
    }

    /// Creates one of this crate's own events.
    pub(crate) fn of(event: &impl Serialize) -> Self {
        Self::new(&to_json(event))
    }

    /// Creates an event that reloads every page; `file` is the reason, if known.
    pub(crate) fn reload(file: Option<&str>) -> Self {
        let effect = Effect::Reload { file: file.map(str::to_owned) };
        Self::with_effect(&to_json(&Event::Reload { file }), None, effect)
    }

    /// Returns the number of bytes that the event takes up in the log.
    pub(crate) fn len(&self) -> usize {
        self.0.data.len() + self.0.extension.as_ref().map_or(0, Bytes::len) + self.0.effect.weight()
    }

    /// Returns the event for stock clients.
    pub(crate) fn data(&self) -> &Bytes {
        &self.0.data
    }

    /// Returns the event's JSON text.
    pub(crate) fn json(&self) -> Bytes {
        self.0.data.slice(DATA.len()..self.0.data.len() - b"\n\n".len())
    }

    /// Returns the time at which the event was made.
    pub(crate) fn made(&self) -> SystemTime {
        self.0.made
    }

    /// Returns the effect on a page.
    pub(crate) fn effect(&self) -> &Effect {
        &self.0.effect
    }

    /// Returns the event in another transport's encoding. `translate` runs only once, for its first client.
    ///
    /// There is room for one such transport: a second one, with another type, gets `None`.
    pub(crate) fn translation<T: Send + Sync + 'static>(
        &self,
        translate: impl FnOnce(&Self) -> T,
    ) -> Option<&T> {
        self.0.translation.get_or_init(|| Box::new(translate(self))).downcast_ref()
    }

    /// Appends the event's bytes for a client.
    pub(crate) fn write(&self, with_extension: bool, out: &mut impl Extend<Bytes>) {
        let data = &self.0.data;
        match &self.0.extension {
            Some(extension) if with_extension => {
                out.extend([
                    data.slice(..data.len() - END.len()),
                    extension.clone(),
                    Bytes::from_static(END),
                ]);
            }
            _ => out.extend([data.clone()]),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("bytes", &self.len()).field("effect", &self.0.effect).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frame: &Frame, with_changes: bool) -> String {
        let mut out = Vec::<Bytes>::new();
        frame.write(with_changes, &mut out);
        String::from_utf8(out.concat()).unwrap()
    }

    #[test]
    fn only_a_client_that_asked_gets_extension_fields() {
        let extension = Bytes::from_static(br#","previous":"h0""#);
        let frame = Frame::with_effect(br#"{"hash":"h1"}"#, Some(extension), Effect::Nothing);
        assert_eq!(text(&frame, false), "data: {\"hash\":\"h1\"}\n\n");
        assert_eq!(text(&frame, true), "data: {\"hash\":\"h1\",\"previous\":\"h0\"}\n\n");
    }

    #[test]
    fn a_line_break_between_tokens_does_not_end_the_data() {
        assert_eq!(text(&Frame::new(b"{\"a\":\r\n1}"), false), "data: {\"a\":  1}\n\n");
    }

    #[test]
    fn a_translation_is_written_once() {
        let frame = Frame::new(b"1");
        assert_eq!(frame.translation(|frame| frame.json().len()), Some(&1));
        assert_eq!(frame.clone().translation(|_| 0_usize), Some(&1));
        assert_eq!(frame.translation(|_| "another type"), None);
    }
}
