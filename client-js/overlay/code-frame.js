/** A few lines of a source around a place, with a caret at it. */

const AROUND = 2;

/** The most characters of a line; of a longer one, those around the column are shown. */
const MOST_LINE = 160;
const BEFORE_COLUMN = 60;

/**
 * @param {string} text the source's
 * @param {number} line from 1
 * @param {number} column from 1
 * @returns {string} empty if the source has no such line
 */
export function codeFrame(text, line, column) {
  const lines = text.split('\n', line + AROUND);
  const pointed = lines[line - 1];
  if (pointed === undefined) return '';
  const from = pointed.length > MOST_LINE ? Math.max(0, column - 1 - BEFORE_COLUMN) : 0;
  const width = String(lines.length).length;
  const first = Math.max(1, line - AROUND);
  return lines.slice(first - 1).flatMap((source, at) => {
    const row = first + at;
    const shown = source.slice(from, from + MOST_LINE).trimEnd();
    const numbered = `${row === line ? '>' : ' '} ${String(row).padStart(width)} | ${shown}`.trimEnd();
    if (row !== line) return [numbered];
    // Tabs are as wide as in the line above.
    const indent = source.slice(from, Math.max(from, column - 1)).replace(/[^\t]/g, ' ');
    return [numbered, `  ${' '.repeat(width)} | ${indent}^`];
  }).join('\n');
}
