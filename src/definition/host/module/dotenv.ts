import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { isRecord } from '../../../json.ts';
import { isWithheld } from '../../environment.ts';
import type { CommittedFiles } from '../committed-files.ts';

interface Loaded {
  readonly parsed: Record<string, string>;
}

/**
 * What a definition gets for `dotenv` and `dotenv/config`, so that neither needs an installation. Files are read if they
 * are there. They never override a variable of the job, and never give a key of the service.
 *
 * @param files in a guarded run: a file that is not committed is not read
 */
export function dotenvModules(files: CommittedFiles | undefined): Record<string, object> {
  const parse = (text: unknown): Record<string, string> =>
    ({ ...parseEnv(String(text)) }) as Record<string, string>;
  const populate = (target: unknown, parsed: unknown): void => {
    for (const [name, value] of Object.entries(Object(parsed)))
      if (isRecord(target) && target[name] === undefined && !isWithheld(name)) target[name] = String(value);
  };
  const config = (options?: unknown): Loaded => {
    const given = isRecord(options) ? options : {};
    const parsed: Record<string, string> = {};
    for (const path of [given['path'] ?? '.env'].flat()) {
      const file =
        path instanceof URL
          ? fileURLToPath(path)
          : resolve(String(path).replace(/^~(?=\/)/, process.env['HOME'] ?? '~'));
      if (!existsSync(file)) continue;
      if (files && files.compare(realpathSync(file)) !== 'same') {
        console.error(`${String(path)} is not read: git does not track it as it is.`);
        continue;
      }
      for (const [name, value] of Object.entries(parse(readFileSync(file, 'utf8'))))
        if (!isWithheld(name)) parsed[name] ??= value;
    }
    populate(given['processEnv'] ?? process.env, parsed);
    return { parsed };
  };
  // A script may read `.env` by Node's own means, and it is rarely there in a job.
  process.loadEnvFile = (path) => void config(path === undefined ? {} : { path });
  const names = { config, configDotenv: config, parse, populate };
  const module = { ...names, default: names };
  const configured = (): object => {
    config();
    return {};
  };
  return {
    dotenv: module,
    // Importing these reads the file.
    get 'dotenv/config'() {
      return configured();
    },
    get 'dotenv/config.js'() {
      return configured();
    },
  };
}
