/**
 * The text of a stylesheet's bytes, decoded as browsers do (CSS Syntax Level 3, section 3.2, "The input byte stream").
 */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** An `@charset` counts where it is the very first and within so many bytes. */
const RULE_BYTES = 1_024;

const RULE = /^@charset "([^"]*)";/;

/**
 * Reads a response that is a stylesheet.
 *
 * @param {Response} response
 * @param {string} environment encoding of the document that names the stylesheet
 */
export async function readCss(response, environment) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return decodeCss(bytes, response.headers.get('content-type') ?? '', environment);
}

/**
 * Decodes a stylesheet.
 *
 * @param {Bytes} bytes
 * @param {string} contentType the response's header
 * @param {string} environment encoding of the document that names the stylesheet
 * @returns {string}
 */
export function decodeCss(bytes, contentType, environment) {
  for (const label of [markLabel(bytes), headerLabel(contentType), ruleLabel(bytes), environment]) {
    const decoder = label === undefined ? undefined : decoderOf(label);
    if (decoder) return decoder.decode(bytes);
  }
  return new TextDecoder().decode(bytes);
}

/**
 * True if a browser reads the UTF-8 bytes of this text as the same text in the document's encoding.
 *
 * @param {string} text
 * @param {string} environment encoding of the document that names the file
 */
export function isSameInUtf8(text, environment) {
  return environment.toLowerCase() === 'utf-8' || !/[^\0-\x7f]/.test(text);
}

/** @param {Bytes} bytes */
function markLabel([first, second, third]) {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined;
}

/**
 * The charset that a `Content-Type` names.
 *
 * @param {string} contentType
 */
export function headerLabel(contentType) {
  return /;\s*charset="?([^\s;"]+)/i.exec(contentType)?.[1];
}

/** @param {Bytes} bytes */
function ruleLabel(bytes) {
  const label = RULE.exec(String.fromCharCode(...bytes.subarray(0, RULE_BYTES)))?.[1];
  // In UTF-16 the rule could not have been read.
  return label && /^utf-16/i.test(label) ? 'utf-8' : label;
}

/**
 * The decoder of an encoding.
 *
 * @param {string} label
 * @returns {TextDecoder | undefined} nothing for a label that is no encoding's
 */
export function decoderOf(label) {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
