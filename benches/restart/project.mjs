/** The app that every tool restarts, in a temporary folder. */

import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const TARGET = join(ROOT, 'target/bench-restart');

/** A wrapper that records when rustc ends for the app, successfully or not. */
const WRAPPER = `#!/bin/sh
"$@"
code=$?
case " $* " in *" --crate-name $APP "*) date +%s%N >> "$RUSTC_ENDS" ;; esac
exit $code
`;

/** @param {string} name */
const manifest = (name) => `[package]
name = "${name}"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "time"] }
tower-hot-middleware = { path = ${JSON.stringify(ROOT)}, features = ["axum"] }
tower-livereload = "0.10"

[workspace]
`;

/** A file, as `topcoat dev` removes cargo's variables from the environment. @param {string} wrapper */
const configuration = (wrapper) => `[build]
target-dir = ${JSON.stringify(TARGET)}
rustc-wrapper = ${JSON.stringify(wrapper)}
`;

/** @param {{ port: number, listen: string, layer: string }} app */
const main = ({ port, listen, layer }) => `
use axum::{Router, response::Html, routing::get};

const TEXT: &str = "text 0";

#[tokio::main]
async fn main() {
    let page = || async { Html(format!("<!DOCTYPE html><html><head><title>app</title></head><body><h1>{TEXT}</h1></body></html>")) };
    let slow = || async {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        "slow"
    };
    let pid = || async { std::process::id().to_string() };
    let app = Router::new().route("/", get(page)).route("/slow", get(slow)).route("/pid", get(pid)).layer(${layer});
    let listener = ${listen}("127.0.0.1:${port}").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
`;

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Project {
  #count = 0;

  /**
   * @param {string} name
   * @param {{ listen: string, layer: string }} app
   */
  static async make(name, app) {
    const folder = await mkdtemp(join(tmpdir(), `restart-${name}-`));
    const project = new Project(folder, name, await freePort());
    await mkdir(join(folder, 'src'));
    await mkdir(join(folder, 'static'));
    await writeFile(join(folder, 'Cargo.toml'), manifest(name));
    await copyFile(join(ROOT, 'Cargo.lock'), join(folder, 'Cargo.lock'));
    await writeFile(join(folder, 'src/main.rs'), main({ port: project.port, ...app }));
    await writeFile(join(folder, 'src/stray.rs'), '// No module names this.\n');
    await writeFile(join(folder, 'README.md'), 'An app.\n');
    await writeFile(join(folder, 'static/style.css'), 'h1 { color: teal }\n');
    await mkdir(join(folder, '.cargo'));
    await writeFile(join(folder, '.cargo/config.toml'), configuration(join(project.notes, 'rustc')));
    // Next to it: tools that watch the folder would treat the wrapper's records as saves.
    await mkdir(project.notes);
    await writeFile(join(project.notes, 'rustc'), WRAPPER, { mode: 0o755 });
    return project;
  }

  /**
   * @param {string} folder
   * @param {string} name
   * @param {number} port
   */
  constructor(folder, name, port) {
    this.folder = folder;
    this.notes = `${folder}-notes`;
    this.name = name;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  get environment() {
    return {
      ...process.env,
      PATH: `${join(ROOT, 'target/tools/bin')}:${process.env.PATH}`,
      RUSTC_ENDS: join(this.notes, 'ends'),
      APP: this.name,
    };
  }

  /** Returns the time at which rustc last ended for the app, in milliseconds since the epoch. */
  async rustcEnd() {
    const lines = (await readFile(join(this.notes, 'ends'), 'utf8')).trim().split('\n');
    return Number(lines.at(-1)) / 1e6;
  }

  /**
   * Changes the app's text and saves it.
   *
   * @returns {Promise<{ text: string, at: number }>}
   */
  async save() {
    this.#count += 1;
    const text = `text ${this.#count}`;
    await this.edit(`"text ${this.#count - 1}"`, `"${text}"`);
    return { text, at: epoch() };
  }

  /**
   * @param {string} from
   * @param {string} to
   */
  async edit(from, to) {
    const path = join(this.folder, 'src/main.rs');
    const source = await readFile(path, 'utf8');
    if (!source.includes(from)) throw new Error(`the app has no ${from}`);
    await writeFile(path, source.replace(from, to));
  }

  async remove() {
    for (const folder of [this.folder, this.notes]) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Returns the time in milliseconds since the epoch, more precisely than `Date.now()`. */
export function epoch() {
  return performance.timeOrigin + performance.now();
}
