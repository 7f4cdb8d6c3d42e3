import type { Plugin } from 'esbuild';

/** Files of the bundle, by name, with what the SDK uses of libraries that a definition hardly needs. */
export const lazyFiles: Readonly<Record<string, string>> = {
  connect: `
export { ConnectError, createClient } from '@connectrpc/connect';
export { createConnectTransport } from '@connectrpc/connect-web';
export { fileDesc, serviceDesc } from '@bufbuild/protobuf/codegenv2';
export { file_google_protobuf_timestamp } from '@bufbuild/protobuf/wkt';`,
  dockerfile: "export { DockerfileParser } from 'dockerfile-ast';",
};

/** What takes their place until one of them is used. Descriptors are functions here that make them. */
const standIns = `
import { createRequire } from 'node:module';
export { Code } from '@connectrpc/connect';

const once = (make) => {
  let made;
  return () => (made ??= make());
};
let hasConnect = false;
const connect = once(() => {
  hasConnect = true;
  return createRequire(import.meta.url)('./connect.js');
});
const dockerfile = once(() => createRequire(import.meta.url)('./dockerfile.js'));

export const createClient = (service, ...rest) => connect().createClient(service(), ...rest);
export const createConnectTransport = (options) => connect().createConnectTransport(options);
export const fileDesc = (text, files = []) => once(() => connect().fileDesc(text, files.map((file) => file())));
export const serviceDesc = (file, ...path) => once(() => connect().serviceDesc(file(), ...path));
export const file_google_protobuf_timestamp = () => connect().file_google_protobuf_timestamp;
export class ConnectError {
  static [Symbol.hasInstance] = (error) => hasConnect && error instanceof connect().ConnectError;
}
export const DockerfileParser = { parse: (text) => dockerfile().DockerfileParser.parse(text) };
`;

/** An import would read all properties of it, and so open the standard streams, among which the request waits. */
const processModule = "module.exports = require('node:process');";

/**
 * Leaves two parts of the SDK to files of their own, which take half of the time in which it loads: Connect and protobuf,
 * by which it talks to sandboxes, and the parser of Dockerfiles. The build fails when a version of the SDK uses
 * something of them that has no stand-in here.
 */
export const lazySdk: Plugin = {
  name: 'lazy-sdk',
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /./ }, ({ path, kind, importer }) => {
      if (kind === 'entry-point' && path in lazyFiles) return { path, namespace: 'lazy' };
      if (kind === 'import-statement' && path === 'node:process') return { path, namespace: 'lazy' };
      const isLazy = /^(@connectrpc|@bufbuild|dockerfile-ast)\b/.test(path);
      const isOfSdk = /[\\/]novita-sandbox[\\/]dist[\\/][^\\/]+$/.test(importer);
      return isLazy && isOfSdk ? { path: 'stand-ins', namespace: 'lazy' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'lazy' }, async ({ path }) => {
      const sdk = await resolve('novita-sandbox', {
        kind: 'import-statement',
        resolveDir: import.meta.dirname,
      });
      const contents = path === 'node:process' ? processModule : (lazyFiles[path] ?? standIns);
      // The libraries are found from where the SDK finds them.
      return { contents, resolveDir: sdk.path.replace(/[^\\/]*$/, '') };
    });
  },
};
