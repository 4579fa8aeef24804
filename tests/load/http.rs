//! An incremental parser for the body of an HTTP/1.1 response with chunks.

/// Removes the head and the chunked framing (RFC 9112, section 7.1) from a response.
#[derive(Debug)]
pub(crate) struct Body {
    part: Part,
    /// The head or the line of a chunk's size, as far as received.
    text: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    Size,
    /// Number of bytes of the chunk that are missing.
    Data(usize),
    /// The line break after a chunk.
    End,
    Over,
}

/// The longest head or size line; a longer one means that the framing is broken.
const MAX_TEXT: usize = 4096;

impl Body {
    pub(crate) fn new() -> Self {
        Self { part: Part::Head, text: Vec::new() }
    }

    /// Passes on the content of these bytes.
    ///
    /// Fails if the response is not an event stream's.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut content: impl FnMut(&[u8])) -> Result<(), String> {
        while !bytes.is_empty() {
            match self.part {
                Part::Head | Part::Size | Part::End => {
                    self.text.push(bytes[0]);
                    bytes = &bytes[1..];
                    self.read_text()?;
                }
                Part::Data(left) => {
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    content(now);
                    bytes = later;
                    self.part = if now.len() == left { Part::End } else { Part::Data(left - now.len()) };
                }
                Part::Over => return Err(format!("{} bytes came after the last chunk", bytes.len())),
            }
        }
        Ok(())
    }

    fn read_text(&mut self) -> Result<(), String> {
        let text = &self.text;
        let next = match self.part {
            Part::Head if text.ends_with(b"\r\n\r\n") => {
                if !text.starts_with(b"HTTP/1.1 200 ") {
                    return Err(format!("not the stream: {}", String::from_utf8_lossy(text)));
                }
                Part::Size
            }
            Part::Size if text.ends_with(b"\r\n") => {
                let size = std::str::from_utf8(&text[..text.len() - 2]).ok();
                match size.and_then(|size| usize::from_str_radix(size, 16).ok()) {
                    Some(0) => Part::Over,
                    Some(size) => Part::Data(size),
                    None => return Err(format!("not a chunk's size: {}", text.escape_ascii())),
                }
            }
            Part::End if text == b"\r\n" => Part::Size,
            Part::End if text.len() == 2 => {
                return Err(format!("not the end of a chunk: {}", text.escape_ascii()));
            }
            _ if text.len() < MAX_TEXT => return Ok(()),
            _ => return Err(format!("a line of more than {MAX_TEXT} bytes")),
        };
        self.text.clear();
        self.part = next;
        Ok(())
    }
}
