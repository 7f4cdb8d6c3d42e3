/**
 * Asks the real service the questions that its documents leave open, under a name that nobody has, removes everything
 * that it made, and prints the answers as a table.
 *
 * Usage: NOVITA_API_KEY=… npm run live -- --yes [--limits] [--image NAME] [--minutes N] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { ServiceError } from '../src/http/errors.ts';
import { openNetwork } from '../src/http/network.ts';
import { createSecretStore } from '../src/redact/redact.ts';
import { formatCount } from '../src/report/text/format.ts';
import { sandboxCommands } from '../src/smoke-test/sandbox-commands.ts';
import { NotAnswered } from './live/answer.ts';
import { describeRun, type LiveOptions, readOptions } from './live/options.ts';
import { makeOwnName, type OwnName } from './live/own-name.ts';
import { type Row, table } from './live/print.ts';
import { type Question, questions } from './live/questions/index.ts';
import { removeAll } from './live/remove.ts';
import { createRun, type Run } from './live/run.ts';
import { createLiveService } from './live/service.ts';
import { Stopped, stopSignal } from './live/stop.ts';

const refused = 2;
const print = (text: string) => process.stdout.write(text);

const options = readOptions(process.argv.slice(2), process.env);
if (!options.ok) {
  process.stderr.write(options.reason);
  process.exitCode = refused;
} else if ('help' in options.value) {
  print(options.value.help);
} else {
  const name = makeOwnName();
  print(describeRun(options.value, name));
  if (options.value.yes) {
    process.exitCode = await check(options.value, name);
  } else {
    process.stderr.write('Nothing was done. Add --yes to do it.\n');
    process.exitCode = refused;
  }
}

async function check(settings: LiveOptions, name: OwnName): Promise<number> {
  const { connection, minutes } = settings;
  const stop = stopSignal(minutes, name);
  const network = openNetwork(process.env);
  const secrets = createSecretStore();
  secrets.add(
    [connection.apiKey, connection.accessToken].filter((secret) => secret !== ''),
    [name],
  );
  const { signal } = stop;
  const service = createLiveService({ connection, network, secrets, signal });
  const run = createRun({
    ...{ service, network, name, signal, image: settings.image },
    tell: (sentence) => print(`${sentence}\n`),
    commandsOf(sandbox) {
      const { token, trafficToken } = sandbox;
      secrets.add(
        [token ?? '', trafficToken ?? ''].filter((secret) => secret !== ''),
        [],
      );
      const { domain, sandboxUrl, isDebug } = connection;
      const place = { ...(sandboxUrl && { sandboxUrl }), ...(isDebug && { isDebug }) };
      return sandboxCommands({ domain, ...sandbox, ...place }, network);
    },
  });
  try {
    const obstacle = await whyNot(run);
    if (obstacle !== undefined) {
      process.stderr.write(`${obstacle} Nothing was made.\n`);
      return signal.reason instanceof Stopped ? signal.reason.exitCode : 1;
    }
    const startedAt = new Date();
    const rows: Row[] = [];
    for (const question of questions) rows.push(await ask(run, question, settings));
    print('Removing what was made ...\n');
    const { left } = await removeAll(run);
    print(`\n${table(rows, process.stdout.columns ?? 140)}\n`);
    const answers = rows.filter(({ answer }) => answer !== undefined).length;
    print(`${answers} of ${formatCount(rows.length, 'question')} answered.\n`);
    if (left.length === 0) print(`Everything under ${name} was removed.\n`);
    else process.stderr.write(`Left at the service:\n${left.map((each) => `- ${each}\n`).join('')}`);
    const stopped = signal.aborted && signal.reason instanceof Stopped ? signal.reason : undefined;
    if (stopped) process.stderr.write(`${stopped.message}\n`);
    if (settings.json !== undefined) {
      const { host } = new URL(connection.apiUrl);
      const times = { startedAt: startedAt.toISOString(), endedAt: new Date().toISOString() };
      const document = {
        name,
        host,
        ...times,
        ...(stopped && { stopped: stopped.message }),
        left,
        questions: rows,
      };
      writeFileSync(settings.json, `${JSON.stringify(document, undefined, 2)}\n`);
    }
    return stopped?.exitCode ?? (left.length > 0 ? 1 : 0);
  } finally {
    stop.end();
    await network.destroy();
  }
}

/** Why nothing can be asked. The name must be free, so that whatever is under it later is ours. */
async function whyNot({ service, name }: Run): Promise<string | undefined> {
  try {
    const { status, evidence } = await service.send('GET', '/templates/aliases/{name}', { path: { name } });
    if (status === 404) return undefined;
    if (status === 401) return `The service does not accept the key: ${evidence.line}.`;
    return `The look-up of the name ${name} was answered ${status}, and not 404: ${evidence.line}.`;
  } catch (error) {
    return `${reasonOf(error)}.`;
  }
}

async function ask(
  run: Run,
  { id, text, onlyWithLimits, ask }: Question,
  { limits }: LiveOptions,
): Promise<Row> {
  const row = { id, question: text };
  const without = (reason: string, evidence: Row['evidence'] = []): Row => ({ ...row, reason, evidence });
  if (onlyWithLimits && !limits) return without('asked only with --limits');
  try {
    run.signal.throwIfAborted();
    return { ...row, ...(await ask(run)) };
  } catch (error) {
    return without(
      run.service.show(reasonOf(error), 400),
      error instanceof NotAnswered ? error.evidence : [],
    );
  }
}

/** Whatever went wrong is the reason of one question only, also where it is a mistake in this script. */
function reasonOf(error: unknown): string {
  if (error instanceof ServiceError || error instanceof NotAnswered || error instanceof Stopped)
    return error.message.replace(/\.$/, '');
  return `an error in this script: ${error instanceof Error ? error.message : String(error)}`;
}
