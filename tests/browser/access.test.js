/** Pages under other addresses than the server's own: each works, or says which option it needs. */

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';

import { ForeignSite, html, OTHER_MACHINE, Proxy, scenario, Stream } from './harness.js';
import { Nginx } from './harness/nginx.js';
import { leaks } from './harness/probes.js';

const FILES = {
  'index.html': html('<link rel="stylesheet" href="style.css">', '<p>text</p>'),
  'style.css': 'p { color: rgb(0, 0, 0); }',
};
const ECHO = { echo: true };
const HEARTBEAT = 'data: \u{1f493}\n\n';

/** Chromium's console lines for a refused stream. */
const errors = [/status of 403/];

/** Saves a stylesheet and waits until the page shows it, without a reload. */
async function shows(tab, site, shade = 1) {
  await site.save('style.css', `p { color: rgb(${shade}, 0, 0); }`);
  await tab.untilStyle('p', 'color', `rgb(${shade}, 0, 0)`);
  await tab.isKept();
}

/** Sends an event from the page, and returns the error if it is refused. */
const send = (tab) =>
  tab.page.evaluate(() => globalThis.__hot_middleware__.send('echo', 'x').catch((error) => error.message));

/** Asserts that the page is updated, and that the server accepts its events. */
async function works(tab, site, shade = 1) {
  await shows(tab, site, shade);
  assert.equal(await send(tab), undefined);
}

/** Asserts that the page is updated, and that its events are refused with a remedy: the server can't know its origin. */
async function showsAndMayNotSend(tab, site) {
  await shows(tab, site);
  const { origin } = new URL(tab.page.url());
  assert.ok((await send(tab)).includes(`OptionsBuilder::allowed_origin("${origin}")`));
}

/** The console lines about lost connections. */
const lost = (tab) => tab.lines().filter((line) => line.includes('disconnected'));

/** This machine's address in its network. Without one, an address that the tests' browser resolves to this machine. */
function ownAddress() {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? OTHER_MACHINE;
}

scenario(
  'a phone on the network opens the machine’s address',
  { files: FILES, server: { ...ECHO, bind: '0.0.0.0' } },
  async ({ open, server, site }) => {
    const tab = await open('/', `http://${ownAddress()}:${server.port}`);
    assert.equal(await tab.page.evaluate(() => globalThis.isSecureContext), false, 'as from another machine');
    await works(tab, site);
  },
);

scenario(
  'a host that is not allowed is refused, and the console names the option that allows it',
  { files: FILES, errors },
  async (stage) => {
    const { server, tab: empty } = stage;
    const tab = await empty();
    await tab.goto(`http://a1b2.tunnel.test:${server.port}/`);
    await tab.says(/answers 403 The host a1b2\.tunnel\.test is not allowed/);
    const [line] = tab.lines().filter((line) => line.includes('403 The host'));
    assert.match(line, /OptionsBuilder::allowed_host\("a1b2\.tunnel\.test"\)/);
    assert.match(line, /TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS=a1b2\.tunnel\.test/);
    assert.equal(await server.clients(), 0);
    assert.equal(await tab.style('p', 'color'), 'rgb(0, 0, 0)', 'the page itself is served');
  },
);

for (const [what, how] of Object.entries({
  'by name': { allowed_hosts: ['a1b2.tunnel.test'] },
  'with all its subdomains': { allowed_hosts: ['.tunnel.test'] },
  'in the environment': { environment: { TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS: 'web, a1b2.tunnel.test' } },
})) {
  scenario(
    `a tunnel’s host that is allowed ${what}`,
    { files: FILES, server: { ...ECHO, ...how } },
    async ({ open, server, site }) => {
      await works(await open('/', `http://a1b2.tunnel.test:${server.port}`), site);
    },
  );
}

scenario(
  'a container’s port may be mapped to another one',
  { files: FILES, server: ECHO },
  async ({ later, open, server, site }) => {
    const mapped = await Proxy.start(() => server.port);
    later(() => mapped.stop());
    const { port } = new URL(mapped.url);
    assert.notEqual(Number(port), server.port);
    await works(await open('/', `http://localhost:${port}`), site);
  },
);

scenario(
  'a page of an allowed origin loads the client from another server',
  { files: FILES, errors: [/CORS policy/, /net::ERR_FAILED/] },
  async (stage) => {
    const { later, server, site, tab: empty } = stage;
    const client = `${server.url}/__webpack_hmr/client.js`;
    const other = await ForeignSite.start(html(`<script type="module" src="${client}"></script>`));
    later(() => other.stop());
    const tab = await empty();
    await tab.goto(other.origin('localhost'));
    await tab.says(/blocked by CORS policy/);

    stage.server.setup.allowed_origins = [other.origin('localhost')];
    await stage.restart();
    await tab.goto(other.origin('localhost'));
    await tab.says('[HMR] connected');
    const from = tab.console.length;
    await site.save('new.txt', 'new');
    await tab.says('[HMR] /new.txt changed, which this page has not loaded', from);
  },
);

/** A scenario behind nginx. */
function behindNginx(name, { server, errors, ...nginx }, body) {
  const setup = { files: FILES, server: { ...ECHO, ...server }, errors, context: { ignoreHTTPSErrors: true } };
  scenario(name, setup, async (stage) => {
    const front = await Nginx.start(stage.server.port, nginx);
    stage.later(() => front.stop());
    await body({ ...stage, front });
  });
}

behindNginx(
  'nginx that keeps the host passes events on at once, over TLS and HTTP/2',
  { server: { allowed_hosts: ['app.test'] }, directives: ['proxy_set_header Host $http_host;'] },
  async ({ front, open, site }) => {
    const tab = await open('/', front.origin());
    const protocols = await tab.page.evaluate(() =>
      performance.getEntriesByType('navigation').map(({ nextHopProtocol }) => nextHopProtocol),
    );
    assert.deepEqual(protocols, ['h2']);
    for (const shade of [1, 2, 3]) await works(tab, site, shade);
    assert.deepEqual(lost(tab), []);
  },
);

behindNginx(
  'nginx that keeps the host without its port',
  { server: { allowed_hosts: ['app.test'] }, directives: ['proxy_set_header Host $host;'], errors },
  async ({ front, open, site }) => {
    await showsAndMayNotSend(await open('/', front.origin()), site);
  },
);

behindNginx('nginx that sends an address as the host needs no option', { errors }, async ({ front, open, site }) => {
  await showsAndMayNotSend(await open('/', front.origin()), site);
});

behindNginx(
  'nginx that sends its name for the upstream is refused, and the console names the option that allows it',
  { upstream: 'backend', errors },
  async ({ front, tab: empty }) => {
    const tab = await empty();
    await tab.goto(front.origin());
    await tab.says(/answers 403 The host backend is not allowed.*OptionsBuilder::allowed_host\("backend"\)/);
  },
);

for (const [what, directives, reads] of [
  ['that keeps the host', ['proxy_set_header Host $http_host;'], false],
  ['that sends an address and forwards the requested host', ['proxy_set_header X-Forwarded-Host $http_host;'], false],
  ['that forwards it by RFC 7239', ['proxy_set_header Forwarded "for=$remote_addr;host=\\"$http_host\\"";'], false],
  // A server can't know what the proxy hides (docs/security.md).
  ['that sends an address and forwards nothing', [], true],
]) {
  behindNginx(`DNS rebinding to nginx ${what}`, { directives, errors: [/status of 403/, /MIME type/] }, async (stage) => {
    const tab = await stage.tab();
    const origin = stage.front.origin('evil.test');
    await tab.goto(`${origin}/`);
    const ways = ['fetch', 'EventSource'];
    assert.deepEqual(await leaks(tab.page, `${origin}/__webpack_hmr`, '"sync"', ways), reads ? ways : []);
    const tag = await tab.page.$eval('script[data-hot-middleware]', (script) => JSON.parse(script.dataset.hotMiddleware));
    assert.equal('token' in tag, reads);
  });
}

behindNginx(
  'a host that nginx forwards must be allowed',
  { server: { allowed_hosts: ['app.test'] }, directives: ['proxy_set_header X-Forwarded-Host $http_host;'], errors },
  async ({ front, open, site, tab: empty }) => {
    await showsAndMayNotSend(await open('/', front.origin()), site);
    const tab = await empty();
    await tab.goto(front.origin('other.test'));
    await tab.says(/answers 403 A proxy was asked for the host other\.test.*OptionsBuilder::allowed_host\("other\.test"\)/);
  },
);

behindNginx(
  'nginx that strips a base path',
  { server: { allowed_hosts: ['app.test'] }, location: '/app/', directives: ['proxy_set_header Host $http_host;'] },
  async ({ front, open, site }) => {
    await works(await open('/app/', front.origin()), site);
  },
);

behindNginx(
  'heartbeats prevent nginx’s timeout for an idle response',
  { server: { heartbeat: 500 } },
  async ({ front, open, server, site }) => {
    const tab = await open('/', front.origin());
    const stream = await Stream.open(`${server.url}/__webpack_hmr`);
    await stream.upTo(HEARTBEAT.repeat((3 * Nginx.readTimeout) / 500 + 1));
    stream.close();
    assert.deepEqual(lost(tab), []);
    await shows(tab, site);
  },
);

behindNginx(
  'a page reconnects after nginx’s timeout for an idle response',
  { server: { heartbeat: 60_000 }, errors: [/net::ERR_/] },
  async ({ front, open, site }) => {
    const tab = await open('/', front.origin());
    await tab.says('[HMR] disconnected, reconnecting');
    await tab.says('[HMR] reconnected');
    await shows(tab, site);
  },
);

behindNginx(
  'nginx that ignores X-Accel-Buffering holds events back',
  { server: { heartbeat: 200 }, directives: ['proxy_ignore_headers X-Accel-Buffering;'] },
  async ({ front, server, tab: empty }) => {
    const tab = await empty();
    await tab.goto(front.origin());
    await tab.page.evaluate(() => {
      globalThis.received = 0;
      new EventSource('__webpack_hmr').onmessage = () => void (globalThis.received += 1);
    });
    // The page's client has a stream of its own.
    await server.untilClients(2);
    const stream = await Stream.open(`${server.url}/__webpack_hmr`);
    await stream.upTo(HEARTBEAT.repeat(5));
    stream.close();
    assert.equal(await tab.page.evaluate(() => globalThis.received), 0);
  },
);
