// As it would be without this crate: the client and HotModuleReplacementPlugin are added by the app.
const ReactRefreshPlugin = require("@pmmmwh/react-refresh-webpack-plugin");
const { join } = require("node:path");

module.exports = (env, { mode }) => {
  const refresh = mode !== "production";
  return {
    entry: "./src/index.jsx",
    output: { path: join(__dirname, "dist") },
    resolve: { extensions: [".js", ".jsx"] },
    module: {
      rules: [
        {
          test: /\.jsx?$/,
          exclude: /node_modules/,
          loader: "swc-loader",
          options: {
            jsc: {
              parser: { syntax: "ecmascript", jsx: true },
              transform: { react: { runtime: "automatic", development: refresh, refresh } },
            },
          },
        },
        { test: /\.css$/, use: ["style-loader", "css-loader"] },
      ],
    },
    // The client shows what goes wrong.
    plugins: refresh ? [new ReactRefreshPlugin({ overlay: false })] : [],
  };
};
