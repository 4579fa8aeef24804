/** Child processes of the browsers, which end with the test file. */

import { spawn } from 'node:child_process';

import { within } from '../patience.js';

/**
 * @typedef {object} Child
 * @property {import('node:child_process').ChildProcess} process
 * @property {Promise<never>} failed rejects when the process ends before it is stopped
 * @property {() => Promise<void>} stop ends it and its children
 */

/**
 * @param {string} executable
 * @param {string[]} parameters
 * @param {Record<string, string>} environment additional variables
 * @param {import('node:child_process').StdioOptions} stdio with a pipe for standard error
 * @returns {Child}
 */
export function startChild(executable, parameters, environment, stdio) {
  // The kernel ends it with this process, which the test runner kills after a timeout.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', executable, ...parameters], {
    detached: true,
    env: { ...process.env, ...environment },
    stdio,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('close', (code, signal) => resolve(new Error(`${executable} ended with ${code ?? signal}: ${stderr}`)));
  });
  const failed = ended.then((error) => Promise.reject(error));
  failed.catch(() => undefined);
  const stop = async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // The group, which includes its children.
    process.kill(-child.pid, 'SIGTERM');
    try {
      await within(ended, `${executable} to end`);
    } finally {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    }
  };
  return { process: child, failed, stop };
}
