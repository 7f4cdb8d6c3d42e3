// Written for e2b, from which the service descends; it builds here as it is.
import { join } from 'node:path';
import { Template, waitForURL } from 'e2b';
import { port } from './settings';

// Files are copied into a folder only if it exists, so it is made first.
export default function template() {
  return Template({ fileContextPath: join(import.meta.dirname, '..') })
    .fromNodeImage('22')
    .makeDir('/home/user/service')
    .copy(['package.json', 'server.js'], '/home/user/service/')
    .setWorkdir('/home/user/service')
    .npmInstall()
    .setEnvs({ PORT: String(port) })
    .setStartCmd('node server.js', waitForURL(`http://localhost:${port}/health`));
}
