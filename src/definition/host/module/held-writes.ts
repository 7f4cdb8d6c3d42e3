import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isPromisedId } from './build-calls.ts';

type Write = (...args: unknown[]) => unknown;

/**
 * Keeps a build script from writing the identifiers of a build that the action makes later: who reads them would look
 * for a template that does not exist.
 *
 * @param note is told the path of each file that was not written
 */
export function holdWritesBack(note: (path: string) => void): void {
  const held = (owner: object, method: string, done: (args: unknown[]) => unknown): void => {
    const write = Reflect.get(owner, method) as Write;
    Reflect.set(owner, method, (...args: unknown[]): unknown => {
      const [path, data] = args;
      if (!isPromisedId(data)) return write.apply(owner, args);
      note(String(path));
      return done(args);
    });
  };
  for (const method of ['writeFile', 'appendFile']) {
    held(fs, `${method}Sync`, () => undefined);
    held(fs.promises, method, () => Promise.resolve());
    held(fs, method, (args) => {
      const callback = args.at(-1);
      if (typeof callback === 'function') setImmediate(() => callback(null));
    });
  }
  syncBuiltinESMExports();
}
