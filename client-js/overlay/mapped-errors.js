/** Uncaught errors for the overlay, with their original places and a code frame. */

import { codeFrame } from './code-frame.js';
import { framesOf } from './stack.js';

/** The most frames whose original is looked up. */
const MOST_FRAMES = 20;

/**
 * The description of an error by its sources: the file and place in the first line as in a build's errors, the message, the
 * lines around the place, and the calls.
 *
 * @param {Pick<import('./source-maps.js').SourceMaps, 'placeOf'>} maps
 * @param {string} described the error's message and stack
 * @param {{ url: string, line: number, column: number } | undefined} place from the event, for an error without a stack
 * @returns {Promise<string | undefined>} `undefined` if nothing is known of the place
 */
export async function mapped(maps, described, place) {
  const frames = framesOf(described).slice(0, MOST_FRAMES);
  const [first, ...rest] = await Promise.all(
    (frames.length ? frames : place ? [place] : []).map((frame) => maps.placeOf(frame)),
  );
  if (!first) return undefined;
  const lines = described.split('\n');
  const message = lines.slice(0, frames[0]?.at ?? lines.length).join('\n').trim();
  frames.forEach((frame, at) => {
    const original = [first, ...rest][at];
    const line = lines[frame.at] ?? '';
    if (original) lines[frame.at] = line.replace(frame.place, () => `${original.file}:${original.line}:${original.column}`);
  });
  const calls = frames[0] ? lines.slice(frames[0].at).map((line) => line.trim()).filter(Boolean).map((line) => `    ${line}`) : [];
  const frame = first.text === undefined ? '' : codeFrame(first.text, first.line, first.column);
  return [`${first.file} ${first.line}:${first.column}\n${message}`, frame, calls.join('\n')].filter(Boolean).join('\n\n');
}
