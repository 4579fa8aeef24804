/** A folder of files on disk, saved as editors save them. */

import { mkdir, mkdtemp, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class Site {
  /** @param {Record<string, string | Buffer>} files */
  static async make(files) {
    const site = new Site(await mkdtemp(join(tmpdir(), 'hot-site-')));
    for (const [name, content] of Object.entries(files)) await site.save(name, content);
    return site;
  }

  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * Saves by truncating the file and writing it again, as VS Code does.
   *
   * @param {string} name
   * @param {string | Buffer} content
   */
  async save(name, content) {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }

  /**
   * Saves by writing another file and renaming it, as JetBrains' editors do.
   *
   * @param {string} name
   * @param {string | Buffer} content
   */
  async replace(name, content) {
    const path = join(this.folder, name);
    await writeFile(`${path}___jb_tmp___`, content);
    await rename(`${path}___jb_tmp___`, path);
  }

  /** @param {string} name */
  async remove(name) {
    await unlink(join(this.folder, name));
  }

  /**
   * Sets a file's modification time to a month ago.
   *
   * @param {string} name
   */
  async age(name) {
    const then = new Date(Date.now() - 30 * 24 * 60 * 60 * 1_000);
    await utimes(join(this.folder, name), then, then);
  }

  async destroy() {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Returns a whole page. It has an icon, so that browsers don't request a missing one.
 *
 * @param {string} head
 * @param {string} [body]
 */
export function html(head, body = '') {
  const always = '<meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">';
  return `<!doctype html><html><head>${always}${head}</head><body>${body}</body></html>`;
}
