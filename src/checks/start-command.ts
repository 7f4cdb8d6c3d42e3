import type { Definition } from '../definition/definition.ts';
import { variablesOf } from '../recipe/instruction.ts';
import { type Finding, finding } from './finding.ts';
import { commandsOf, type ShellCommand } from './shell.ts';

type Parts = Pick<Definition, 'recipe' | 'sources' | 'steps' | 'startGiven'>;

/** What stands in for a ready command that nobody gave. */
const defaultReady = 'sleep 20';

/** A start command whose server nothing waits for. */
export function startWithoutReadyFindings({ recipe, sources, startGiven }: Parts): Finding[] {
  const { startCmd = '', readyCmd = '' } = recipe;
  // Without a line, the image has it, not the definition.
  if (startCmd.trim() === '' || !(sources.start || startGiven)) return [];
  if (readyCmd.trim() !== '' && readyCmd.trim() !== defaultReady) return [];
  if (commandsOf(startCmd).every(isIdle)) return [];
  const found =
    'The start command has no ready command of its own: the service waits 20 seconds, whether the server answers by then or not, and stores the template as it is at that time.';
  const cure = startGiven
    ? 'Give the input ready-cmd, such as "curl -sf http://localhost:8000/".'
    : 'Give one, such as waitForPort(8000) or the input ready-cmd; in a Dockerfile, HEALTHCHECK.';
  return [finding('start-without-ready', `${found} ${cure}`, sources.start)];
}

/** Programs that only keep a container running. */
const idle = new Set([
  'sleep',
  'tail',
  'bash',
  'sh',
  'zsh',
  'ash',
  'dash',
  'cat',
  'true',
  'wait',
  'read',
  'pause',
]);
const interpreters = /^(?:python[\d.]*|node|ipython|bun|deno|ruby|irb|java|jshell|php|R|julia)$/;

function isIdle({ program, args }: ShellCommand): boolean {
  if (program === '' || idle.has(program)) return true;
  // The REPL that images of languages start.
  return interpreters.test(program) && args.length === 0;
}

/** The service's own server in each sandbox listens on this port. */
const ownPort = '49983';

/** `ss -tuln | grep :80`, as `waitForPort(80)` writes it, where a longer number is near. */
export function readyPortFindings({ recipe, sources, steps }: Parts): Finding[] {
  const { readyCmd = '', startCmd = '' } = recipe;
  const port = commandsOf(readyCmd)
    .filter(({ program, args }) => program === 'grep' && !args.some(({ text }) => /^-\w*[wxP]/.test(text)))
    .flatMap(({ args }) => args.flatMap(({ text }) => /^:(\d{1,5})$/.exec(text)?.[1] ?? []))[0];
  if (port === undefined) return [];
  const values = steps.flatMap(({ wire }) =>
    variablesOf(wire).flatMap(({ name, value }) => (/PORT/i.test(name) && value ? [value] : [])),
  );
  const used = [...portsIn(startCmd), ...values.flatMap((value) => value.match(/\d{2,5}/g) ?? []), ownPort];
  const other = used.find((number) => number.startsWith(port) && number !== port);
  if (other === undefined && port.length > 2) return [];
  const longer = other ?? (port === '80' ? '8080' : `${port}000`.slice(0, 4));
  const whose = other === ownPort ? ', which the service itself has' : '';
  const message = `The ready command looks for the text :${port}, which is also in :${longer}${whose}. The template may be stored before anything listens on port ${port}. Wait for an answer instead: waitForURL('http://localhost:${port}/'), or for the port alone: "ss -Htln sport = :${port} | grep -q .".`;
  return [finding('ready-port', message, sources.ready ?? sources.start)];
}

function portsIn(command: string): string[] {
  return [...command.matchAll(/(?::|[Pp][Oo][Rr][Tt]\w*[= ]|\s-p[= ]?)(\d{2,5})\b/g)].map(
    ([, number = '']) => number,
  );
}

const options =
  /^--?(?:host|hostname|bind|bind-address|bind-addr|listen|listen-address|listen-addr|address|addr|ip|interface|http-host|server\.address|server-name|ServerApp\.ip|NotebookApp\.ip|b|S|H)$/;
const variables =
  /^(?:HOST|HOSTNAME|BIND|BIND_ADDR(?:ESS)?|LISTEN(?:_ADDR(?:ESS)?)?|UVICORN_HOST|FLASK_RUN_HOST|GRADIO_SERVER_NAME|STREAMLIT_SERVER_ADDRESS|SERVER_HOST)$/;
const local = /^(?:https?:\/\/)?(?:127\.0\.0\.1|localhost|\[?::1\]?)(?::\d+)?\/?$/;

/** Programs that ask a server, and programs that stand before one. */
const clients =
  /^(?:psql|pg_isready|pg_dump|pg_restore|createdb|createuser|dropdb|mysql|mysqladmin|mysqldump|mariadb|mariadb-admin|redis-cli|valkey-cli|mongo|mongosh|curl|wget|nc|ncat|netcat|ssh|scp|telnet|wait-for-it(?:\.sh)?|wait-for|dockerize|clickhouse-client|http|grpcurl|ping|chromium|google-chrome.*|chrome|xdg-open)$/;
const proxies =
  /^(?:nginx|caddy|traefik|haproxy|envoy|socat|httpd|apache2(?:ctl)?|cloudflared|ngrok|squid|supervisord|pm2(?:-runtime)?|websockify|novnc_proxy)$/;

/** Databases, which programs of the same sandbox ask. */
const databases =
  /^(?:redis-server|valkey-server|keydb-server|memcached|postgres|pg_ctl(?:cluster)?|mysqld(?:_safe)?|mariadbd(?:-safe)?|mongod|clickhouse(?:-server)?|etcd|rabbitmq-server|elasticsearch|opensearch|qdrant|meilisearch|minio)$/;

/** A server of the start command that listens for the sandbox alone. */
export function localServerFindings({ recipe, sources, startGiven }: Parts): Finding[] {
  const { startCmd = '' } = recipe;
  if (!(sources.start || startGiven)) return [];
  const commands = commandsOf(startCmd);
  // Something else takes the requests from outside.
  if (/0\.0\.0\.0|\[::\]/.test(startCmd) || commands.some(({ program }) => proxies.test(program))) return [];
  for (const { program, args, variables: set } of commands) {
    if (clients.test(program) || databases.test(program)) continue;
    const address =
      set.find(({ name, value }) => variables.test(name) && local.test(value.text))?.value.text ??
      listening(program, args);
    if (address === undefined) continue;
    const message = `${program || 'The start command'} listens on ${address} and so for the sandbox alone. A request to the address of the sandbox comes from outside, and reaches it only if the service hands it on, which is not promised. Let it listen on 0.0.0.0.`;
    return [finding('local-server', message, sources.start)];
  }
  return [];
}

function listening(program: string, args: ShellCommand['args']): string | undefined {
  for (const [at, { text }] of args.entries()) {
    const [, name = '', value] = /^(-{1,2}[\w.-]+)=(.*)$/.exec(text) ?? [undefined, text];
    // -b, -H and -S mean something else elsewhere.
    const short = /^-[bHS]$/.test(name);
    const fits =
      !short || /^(?:gunicorn|uvicorn|hypercorn|puma|rails|next|ng|php|vite|daphne)$/.test(program);
    const given = value ?? args[at + 1]?.text ?? '';
    if (options.test(name) && fits && local.test(given)) return given;
    // `manage.py runserver 127.0.0.1:8000`
    if (text === 'runserver' && local.test(args[at + 1]?.text ?? '')) return args[at + 1]?.text;
  }
  return undefined;
}
