/** `cargo hmr`, running in a small project. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { within } from './patience.js';

const ROOT = join(import.meta.dirname, '../../..');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');

/** Longest time for a build, in milliseconds: the first builds all dependencies. */
const BUILD = 300_000;

/** @param {string} name */
const manifest = (name) => `[package]
name = "${name}"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "time"] }
tower-hot-middleware = { path = ${JSON.stringify(ROOT)}, default-features = false, features = ["axum", "listen"] }

[profile.dev]
debug = false

[workspace]
`;

/** @param {number} port */
const main = (port) => `
use axum::{Router, response::Html, routing::get};
use tower_hot_middleware::{HotMiddleware, Options};

const PAGE: &str = "<!DOCTYPE html><html><head><title>app</title></head><body><h1>one</h1><input></body></html>";

#[tokio::main]
async fn main() {
    let hot = HotMiddleware::new(Options::default());
    let die = || async { if true { eprintln!("last words"); std::process::exit(7) } };
    let app = Router::new().route("/", get(|| async { Html(PAGE) })).route("/die", get(die)).layer(hot);
    let listener = tower_hot_middleware::listen("127.0.0.1:${port}").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
`;

/** Runs rustc, and records when it ended. */
const WRAPPER = `#!/bin/sh
"$@"
code=$?
date +%s%N > "$RUSTC_END"
exit $code
`;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class CargoHmr {
  output = '';
  #exit;

  /** Creates a project, without building it. */
  static async make() {
    const folder = await mkdtemp(join(tmpdir(), 'hmr-browser-'));
    const port = await freePort();
    await mkdir(join(folder, 'src'));
    const name = basename(folder).toLowerCase();
    await writeFile(join(folder, 'Cargo.toml'), manifest(name));
    await copyFile(join(ROOT, 'Cargo.lock'), join(folder, 'Cargo.lock'));
    await writeFile(join(folder, 'src/main.rs'), main(port));
    await writeFile(join(folder, 'wrapper'), WRAPPER, { mode: 0o755 });
    return new CargoHmr(folder, port);
  }

  /**
   * @param {string} folder
   * @param {number} port
   */
  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /**
   * Replaces a part of the app's source and saves it.
   *
   * @param {string} from
   * @param {string} to
   */
  async replace(from, to) {
    const path = join(this.folder, 'src/main.rs');
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) throw new Error(`the app has no ${from}`);
    await writeFile(path, text.replace(from, to));
  }

  /** Returns when rustc last ended for the app, in milliseconds since the epoch. */
  async rustcEnd() {
    return Number(await readFile(join(this.folder, 'end'), 'utf8')) / 1e6;
  }

  /** @param {string[]} options */
  start(...options) {
    const executable = join(TARGET, 'debug/cargo-hmr');
    if (!existsSync(executable)) {
      throw new Error(`${executable} does not exist; build it with: cargo build --features runner --bin cargo-hmr`);
    }
    const env = {
      ...process.env,
      CARGO_TARGET_DIR: join(TARGET, 'runner-apps'),
      CARGO_NET_OFFLINE: 'true',
      RUSTC_WORKSPACE_WRAPPER: join(this.folder, 'wrapper'),
      RUSTC_END: join(this.folder, 'end'),
    };
    this.child = spawn(executable, ['hmr', ...options], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const pipe of [this.child.stdout, this.child.stderr]) {
      pipe.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
    this.#exit = new Promise((resolve) => this.child.on('close', resolve));
  }

  /**
   * Waits until a response has this status.
   *
   * @param {number} status
   */
  async answers(status) {
    const deadline = Date.now() + BUILD;
    for (;;) {
      const response = await fetch(this.url).catch(() => undefined);
      if (response?.status === status) return;
      if (Date.now() > deadline) throw new Error(`${response?.status} and not ${status}: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop() {
    if (this.child) {
      this.child.kill('SIGTERM');
      await within(this.#exit, 'cargo hmr to end');
    }
    await rm(this.folder, { recursive: true, force: true });
    await rm(join(TARGET, 'runner-apps/cargo-hmr'), { recursive: true, force: true });
  }
}
