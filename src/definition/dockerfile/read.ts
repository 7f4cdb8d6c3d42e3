import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { decodeText } from '../../decode-text.ts';
import type { Problem, SourceLocation } from '../../problem.ts';
import { dockerfileInstructions, escapeCharacter, followDockerfile } from './instructions.ts';
import type { BuilderCall } from './loss.ts';
import { dockerfileLosses, type LineLoss } from './losses.ts';

/** A message about a line of a Dockerfile. */
export interface Finding extends Problem {
  readonly severity: 'mistake' | 'warning';
  /** It concerns the start command, which the definition may replace. */
  readonly start?: boolean;
}

/** A Dockerfile while the SDK goes through it. */
export interface DockerfileRun {
  /** The line of FROM. */
  readonly base: SourceLocation | undefined;
  /** The line that a builder call of the SDK comes from. It must get every call, in order. */
  follow(method: string, args: readonly unknown[]): SourceLocation | undefined;
  /** What the SDK lost, after it has read the file. */
  findings(): readonly Finding[];
}

/**
 * Reads the argument of `fromDockerfile()` as the SDK does: the path of a file, else the text itself.
 *
 * @param call the line of `fromDockerfile()`, which is used for every line of a text
 */
export function readDockerfile(given: string, call: SourceLocation | undefined): DockerfileRun {
  const content = contentOf(given);
  const file = content && resolve(given);
  const bytes = content ?? Buffer.from(given);
  const decoded = decodeText(bytes);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const instructions = dockerfileInstructions(text);
  const calls = new Map<object, BuilderCall>();
  const next = followDockerfile(instructions);
  const from = instructions.find(({ keyword }) => keyword === 'FROM')?.line ?? 1;
  const place = (line: number): SourceLocation | undefined => (file ? { file, line } : call);
  return {
    base: place(from),
    follow: (method, args) => {
      const instruction = next(method, args);
      if (instruction) calls.set(instruction, { method, args });
      return place(instruction?.line ?? from);
    },
    findings: () => {
      const at = (line: number) => {
        const found = place(line);
        return found ? { at: found } : {};
      };
      if (file && !(decoded.ok && decoded.value === bytes.toString('utf8'))) {
        const fault = decoded.ok ? 'it begins with a byte order mark, or is UTF-16' : decoded.reason;
        const message = `The SDK reads a Dockerfile as UTF-8 without a byte order mark: ${fault}. Save it as plain UTF-8.`;
        return [
          {
            severity: 'mistake',
            title: 'Encoding of the Dockerfile',
            message,
            ...at(decoded.ok ? 1 : decoded.line),
          },
        ];
      }
      if (!instructions.some(({ keyword }) => keyword === 'FROM'))
        return [{ ...noFrom(given, file), ...at(1) }];
      const losses = dockerfileLosses(instructions, escapeCharacter(text.split(/\r?\n/)), (one) =>
        calls.get(one),
      );
      const ignored = file && existsSync(`${file}.dockerignore`) ? [ignoreFile(file)] : [];
      return [
        ...ignored,
        ...losses.map((loss) => ({ ...finding(loss, file !== undefined), ...at(loss.line) })),
      ];
    },
  };
}

function finding({ severity, keyword, line, found, instead, start }: LineLoss, isFile: boolean): Finding {
  const where = isFile ? '' : `Line ${line} of the Dockerfile, ${keyword}: `;
  return {
    severity,
    title: severity === 'mistake' ? `The SDK misreads ${keyword}` : `${keyword} is not fully supported`,
    message: `${where}${found} ${instead}`,
    ...(start && { start }),
  };
}

function noFrom(given: string, file: string | undefined): Finding {
  const title = 'No FROM in the Dockerfile';
  if (file || /\s/.test(given.trim())) {
    return {
      severity: 'mistake',
      title,
      message: 'A Dockerfile must name its base. Write FROM and an image on its first line.',
    };
  }
  const message = `fromDockerfile: there is no file ${resolve(given)}, so the SDK reads the name as the text of a Dockerfile. The path is relative to the working directory; correct it, or set the input working-directory.`;
  return { severity: 'mistake', title: 'No such Dockerfile', message };
}

function ignoreFile(file: string): Finding {
  const name = `${basename(file)}.dockerignore`;
  const message = `${name} exists, but neither the SDK nor the action reads it: the files that it names are sent. Write its lines into .dockerignore of the context directory.`;
  return {
    severity: 'warning',
    title: 'An ignore file without effect',
    message,
    at: { file: `${file}.dockerignore`, line: 1 },
  };
}

/** The content of the file; `undefined` when the SDK reads the path itself as the text of a Dockerfile. */
function contentOf(path: string): Buffer | undefined {
  try {
    return existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
