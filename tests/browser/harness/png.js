/** The parts of PNG that the tests need: writing an image of one colour, and reading an image of one pixel. */

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const TRUE_COLOUR = 2;

/**
 * Returns a square of one colour.
 *
 * @param {number} size in pixels
 * @param {[number, number, number]} colour
 */
export function square(size, colour) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header[8] = 8;
  header[9] = TRUE_COLOUR;
  const row = Buffer.from([0, ...Array.from({ length: size }, () => colour).flat()]);
  const data = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)));
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/**
 * Returns the colour of an image of one pixel with 8 bits per channel, the format of browsers' screenshots.
 *
 * @param {Buffer} png
 * @param {number} [x]
 * @param {number} [y]
 */
export function pixelOf(png, x = 0, y = 0) {
  const parts = [];
  for (let at = SIGNATURE.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
  }
  const width = png.readUInt32BE(16);
  const bytes = png[25] === TRUE_COLOUR ? 3 : 4;
  const data = inflateSync(Buffer.concat(parts));
  let above = Buffer.alloc(width * bytes);
  for (let row = 0; ; row += 1) {
    const start = row * (1 + width * bytes);
    const line = data.subarray(start + 1, start + 1 + width * bytes);
    unfilter(data[start], line, above, bytes);
    if (row === y) return `rgb(${line.subarray(x * bytes, x * bytes + 3).join(', ')})`;
    above = line;
  }
}

/**
 * Reverses the filter of a row, in place (PNG, section 9, "Filtering").
 *
 * @param {number} filter
 * @param {Buffer} line
 * @param {Buffer} above the row before, without its filter
 * @param {number} bytes of a pixel
 */
function unfilter(filter, line, above, bytes) {
  for (let at = 0; at < line.length; at += 1) {
    const left = at < bytes ? 0 : line[at - bytes];
    const corner = at < bytes ? 0 : above[at - bytes];
    line[at] += [0, left, above[at], (left + above[at]) >> 1, paeth(left, above[at], corner)][filter];
  }
}

/**
 * @param {number} left
 * @param {number} above
 * @param {number} corner
 */
function paeth(left, above, corner) {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) => Math.abs(estimate - value));
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
