/** The examples as their documentation runs them, up to Ctrl-C with an open tab and half a request sent. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

import { Example, example, launch, Tab } from './harness.js';

for (const name of ['site', 'hyper', 'chat']) {
  test(`the example ${name}`, { timeout: 60_000 }, async () => {
    const example = await Example.start(name);
    const context = await (await launch({ isFull: true })).newContext();
    try {
      const tab = new Tab(await context.newPage());
      await tab.goto(example.url);
      await tab.says('[HMR] connected');
      if (name !== 'chat') {
        await tab.page.click('#counter');
        assert.equal(await tab.page.textContent('#counter'), 'Clicked 1 time');
        const from = tab.console.length;
        await tab.page.click('text=About');
        await tab.until(() => document.querySelector('h1')?.textContent === 'About');
        await tab.says('[HMR] connected', from);
      }
      tab.hasNoErrors([]);
      const half = connect(Number(new URL(example.url).port), '127.0.0.1').on('error', () => {});
      await once(half, 'connect');
      half.write('GET / HTTP/1.1\r\nHost: ');
      assert.match(example.output, /Ctrl-C stops/);
      assert.equal(await example.stop(), 0, example.output);
    } finally {
      await context.close();
      await example.stop();
    }
  });
}

test('each example answers --help, and arguments and ports that it does not take', () => {
  for (const name of ['site', 'hyper', 'chat', 'webpack']) {
    const run = (port, ...args) =>
      spawnSync(example(name), args, { env: { ...process.env, PORT: port }, encoding: 'utf8', timeout: 10_000 });
    const help = run('0', '--help');
    assert.equal(help.status, 0, help.stderr);
    assert.match(help.stdout, new RegExp(`Usage: \\[PORT=3000\\] cargo run --example ${name}`));
    for (const [port, args, value] of [
      ['0', ['--port'], '"--port"'],
      ['none', [], '"none"'],
    ]) {
      const refused = run(port, ...args);
      assert.equal(refused.status, 2, refused.stdout);
      assert.ok(refused.stderr.includes(value), refused.stderr);
    }
  }
});
