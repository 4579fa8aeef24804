/** The parts of a test that are the same for every browser: a site on disk and a server for it. */

import { Cleanup } from './cleanup.js';
import { Server } from './server.js';
import { Site } from './site.js';

/**
 * @typedef {object} Setup
 * @property {Record<string, string | Buffer>} [files] files served at `/`
 * @property {Record<string, string>} [templates] files served at `/t/`
 * @property {object} [server] further set-up of the server, see `Server.start`
 */

export class Stage extends Cleanup {
  /** @param {Setup} setup */
  async set({ files = {}, templates, server = {} }) {
    this.site = await Site.make(files);
    this.later(() => this.site.destroy());
    if (templates) {
      this.templates = await Site.make(templates);
      this.later(() => this.templates.destroy());
    }
    this.server = await Server.start({
      root: this.site.folder,
      ...(this.templates && { templates: this.templates.folder }),
      ...server,
    });
    this.later(() => this.server.stop());
  }

  // A method that tests destructure.
  restart = this.restart.bind(this);

  /**
   * Stops the server and starts it again at the same address.
   *
   * @param {{ meanwhile?: () => unknown, executable?: string }} [how]
   */
  async restart({ meanwhile = () => undefined, executable = this.server.executable } = {}) {
    await this.server.stop();
    await meanwhile();
    this.server = await this.server.again(executable);
  }
}
