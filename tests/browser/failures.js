/** A reporter for `node --test` that repeats the failed tests at the end, where a log of thousands of lines is read. */

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* failures(events) {
  const failed = [];
  for await (const { type, data } of events) {
    if (type === 'test:fail' && data.details?.type !== 'suite') failed.push(data);
  }
  for (const { name, file, details } of failed) {
    const { error } = details;
    yield `\nFailed: ${name} (${file})\n${(error.cause ?? error)?.stack ?? error}\n`;
  }
}
