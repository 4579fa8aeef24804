/** Debian's nginx in front of a server, with TLS and HTTP/2, as a single process. */

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { within } from './patience.js';

const EXECUTABLE = process.env.NGINX ?? '/usr/sbin/nginx';

/** Attempts to start nginx: it can't choose a free port itself, and another program may take the chosen one first. */
const ATTEMPTS = 5;

/** Milliseconds of `proxy_read_timeout`. The default, a minute, is too long for a test. */
const READ_TIMEOUT = 2_000;

export class Nginx {
  /** Milliseconds of silence from the server after which nginx ends a response. */
  static readTimeout = READ_TIMEOUT;

  #child;
  #exit;
  #folder;
  #stderr = '';

  /**
   * @param {number} port where the server listens
   * @param {{ location?: string, upstream?: string, directives?: string[] }} [site] the path of the server, its name in an
   *   `upstream` block, and further directives
   * @returns {Promise<Nginx>} when it listens
   */
  static async start(port, site = {}) {
    if (!existsSync(EXECUTABLE)) {
      throw new Error(
        `${EXECUTABLE} does not exist. Install nginx (apt-get install nginx), or set its path: NGINX=/path/to/nginx`,
      );
    }
    for (let attempt = 1; ; attempt += 1) {
      const nginx = new Nginx(await mkdtemp(join(tmpdir(), 'hot-nginx-')));
      try {
        await nginx.#start(port, site);
        return nginx;
      } catch (error) {
        await nginx.stop();
        if (attempt === ATTEMPTS || !nginx.#stderr.includes('Address already in use')) throw error;
      }
    }
  }

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * Its origin under a host that resolves to it.
   *
   * @param {string} [host]
   */
  origin(host = 'app.test') {
    return `https://${host}:${this.port}`;
  }

  async stop() {
    try {
      this.#child?.kill();
      await within(Promise.resolve(this.#exit), 'nginx to end');
    } finally {
      this.#child?.kill('SIGKILL');
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #start(port, site) {
    this.port = await freePort();
    await certify(this.#folder);
    await writeFile(join(this.#folder, 'nginx.conf'), configuration(this.port, port, site));
    const where = ['-p', this.#folder, '-c', 'nginx.conf', '-e', 'stderr'];
    const child = spawn(EXECUTABLE, where, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    this.#exit = new Promise((resolve) => child.on('close', resolve));
    // It would outlive a test that ends without its cleanup.
    const kill = () => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.on('close', () => process.off('exit', kill));
    const listening = new Promise((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text) => {
        this.#stderr += text;
        // The first line that it prints once its sockets are open.
        if (/using the "\w+" event method/.test(this.#stderr)) resolve(undefined);
      });
      child.on('error', reject);
      child.on('close', () => reject(new Error(`nginx ended: ${this.#stderr}`)));
    });
    await within(listening, 'nginx to listen');
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Creates a key and a self-signed certificate.
 *
 * @param {string} folder
 */
async function certify(folder) {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key.pem')];
  const certificate = ['-x509', '-days', '1', '-subj', '/CN=app.test', '-out', join(folder, 'certificate.pem')];
  await promisify(execFile)('openssl', ['req', ...key, ...certificate]);
}

/**
 * Returns a configuration with nginx's defaults, except for what the folder and the tests need.
 *
 * @param {number} listen
 * @param {number} port
 * @param {{ location?: string, upstream?: string, directives?: string[] }} site
 */
function configuration(listen, port, { location = '/', upstream, directives = [] }) {
  const server = `127.0.0.1:${port}`;
  return `
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr notice;
    events {}
    http {
      access_log off;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      ${upstream ? `upstream ${upstream} { server ${server}; }` : ''}
      server {
        listen 127.0.0.1:${listen} ssl http2;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        location ${location} {
          proxy_pass http://${upstream ?? server}/;
          proxy_read_timeout ${READ_TIMEOUT}ms;
          ${directives.join('\n          ')}
        }
      }
    }
  `;
}
