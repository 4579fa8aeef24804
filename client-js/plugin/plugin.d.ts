/** Options of the plugin. */
export interface PluginOptions {
  /** The URL of the app's event stream; `http://localhost:3000/__webpack_hmr` by default. */
  url?: string;
  /** Token of `OptionsBuilder::build_token`; the variable `TOWER_HOT_MIDDLEWARE_TOKEN` by default. */
  token?: string | undefined;
  /** Reports the progress of builds to pages; on by default. */
  progress?: boolean;
}

/** Reports the builds of webpack 5 or Rspack to an app with the layer in it. */
export class HotMiddlewarePlugin {
  constructor(options?: PluginOptions);
  /** @param compiler webpack's or Rspack's */
  apply(compiler: any): void;
}
