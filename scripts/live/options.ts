import { parseArgs } from 'node:util';
import { type Connection, readConnection } from '../../src/inputs/connection.ts';
import { inputReader } from '../../src/inputs/reader.ts';
import type { Result } from '../../src/result.ts';
import { questions } from './questions/index.ts';

export const help = `Asks the real service the questions that its documents leave open, and prints the answers as a table.

Usage: npm run live -- --yes [options]

  --yes          do it; without it, only says what would be done
  --limits       ask also what needs every free build of the team for a moment
  --image NAME   image of both builds (default: debian:12-slim)
  --minutes N    time limit (default: 30); what was made is removed after it as well
  --json FILE    write the answers as JSON too
  --help         print this

Environment: NOVITA_API_KEY (needed), NOVITA_DOMAIN, NOVITA_API_URL, NOVITA_SANDBOX_URL, HTTPS_PROXY, NO_PROXY.
Ends with 0, with 1 when something is left at the service or the time was up, with 2 when nothing was done.
`;

export interface LiveOptions {
  readonly connection: Connection;
  readonly yes: boolean;
  readonly limits: boolean;
  readonly image: string;
  readonly minutes: number;
  readonly json?: string;
}

/** Reads arguments and environment. `help` is a text to print; the reason of a refusal ends with a line break. */
export function readOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Result<LiveOptions | { readonly help: string }> {
  const refuse = (reason: string) => ({ ok: false as const, reason: `${reason}\n` });
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return refuse(`${(error as Error).message.split('\n', 1)[0]}\nTry --help.`);
  }
  if (values.help) return { ok: true, value: { help } };
  if ((env['NOVITA_API_KEY'] ?? '').trim() === '')
    return refuse(
      'NOVITA_API_KEY is not set. This asks the real service, with the key of a team that pays for two small builds. Nothing was done.',
    );
  const reader = inputReader(env);
  const connection = readConnection(env, reader);
  if (reader.problems.length > 0)
    return refuse(reader.problems.map(({ title, message }) => `${title}: ${message}`).join('\n'));
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 120))
    return refuse(
      `--minutes is ${JSON.stringify(values.minutes)}; it must be a number above 0 and up to 120.`,
    );
  if (!/^[\w./:@-]+$/.test(values.image))
    return refuse(`--image is ${JSON.stringify(values.image)}; it must be an image, such as debian:12-slim.`);
  const { sandboxUrl } = connection;
  if (sandboxUrl && !(URL.canParse(sandboxUrl) && /^https?:$/.test(new URL(sandboxUrl).protocol)))
    return refuse('NOVITA_SANDBOX_URL must be an http or https address.');
  return {
    ok: true,
    value: {
      ...{ connection, minutes, yes: values.yes, limits: values.limits, image: values.image },
      ...(values.json !== undefined && { json: values.json }),
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      yes: { type: 'boolean', default: false },
      limits: { type: 'boolean', default: false },
      image: { type: 'string', default: 'debian:12-slim' },
      minutes: { type: 'string', default: '30' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
}

/** What a run does and costs, before it does it. */
export function describeRun({ connection, limits, image, minutes }: LiveOptions, name: string): string {
  const asked = questions.filter(({ onlyWithLimits }) => limits || !onlyWithLimits).length;
  const lines = [
    `This asks ${asked} questions at ${new URL(connection.apiUrl).host}, under the template name ${name}:`,
    `- two builds of ${image} with 2 vCPU and 1 GiB, and some registrations that build nothing;`,
    '- two sandboxes, which end by themselves after 5 minutes at the latest;',
    "- one upload of an empty archive, which stays among the team's files: no request removes it;",
    ...(limits
      ? [
          '- with --limits, up to 40 registrations at once: other builds of the team are refused for that moment.',
        ]
      : []),
    `After ${minutes} minutes at the latest, its sandboxes are killed, and its tags and the template deleted.`,
  ];
  return `${lines.join('\n')}\n`;
}
