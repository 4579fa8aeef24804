/** As much of PNG as these tests need: an image of one colour, and the one pixel of an image. */

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const TRUE_COLOUR = 2;

/**
 * A square of one colour.
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
 * The colour of an image of one pixel, where every filter leaves the bytes as they are.
 *
 * @param {Buffer} png
 */
export function pixelOf(png) {
  const parts = [];
  for (let at = SIGNATURE.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
  }
  const [, red, green, blue] = inflateSync(Buffer.concat(parts));
  return `rgb(${red}, ${green}, ${blue})`;
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
