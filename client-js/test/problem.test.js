import assert from 'node:assert/strict';
import test from 'node:test';
import { readProblem } from '../overlay/problem.js';

test('the first line names the file and the place, however bundlers write it', () => {
  for (const [line, file, place] of [
    ['./src/text.js 3:10', './src/text.js', '3:10'],
    ['./src/text.js 3:10-12', './src/text.js', '3:10-12'],
    ['./src/text.js 3:10-4:1', './src/text.js', '3:10-4:1'],
    ['./src/text.js:3:10', './src/text.js', '3:10'],
    ['./src/my file.tsx 1:1', './src/my file.tsx', '1:1'],
    ['C:\\app\\src\\text.js 3:10', 'C:\\app\\src\\text.js', '3:10'],
    ['./src/a.vue?vue&type=script 1:2', './src/a.vue?vue&type=script', '1:2'],
    ['style.css ', 'style.css', ''],
    ['\x1b[1m./src/text.js\x1b[22m 3:10', './src/text.js', '3:10'],
  ]) {
    assert.deepEqual(readProblem(`${line}\nno`), { file, place, text: 'no' }, line);
  }
});

test('a problem that names no file is all text', () => {
  for (const [problem, text] of [
    ['Module not found: Error.', 'Module not found: Error.'],
    ['./src/text.js', './src/text.js'],
    [' \nConflict: Multiple chunks emit assets', 'Conflict: Multiple chunks emit assets'],
    ['Something is wrong at 3:10\nvery', 'Something is wrong at 3:10\nvery'],
    ['', ''],
  ]) {
    assert.deepEqual(readProblem(problem), { file: '', place: '', text }, problem);
  }
});
