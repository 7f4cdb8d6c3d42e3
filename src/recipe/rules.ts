/** A recipe check, as the documents and the warnings have it. */
interface Rule {
  /** What a warning of it is called, where it has no title of its own. */
  readonly title: string;
  /** What is found, and why it matters. */
  readonly what: string;
  readonly cure: string;
  /** A call that it warns about, or a line of a Dockerfile. `FROM python:3.12` stands above it. */
  readonly bad: string;
  /** The same as it should be. */
  readonly good: string;
  /** It says how the template differs from what the file means elsewhere, so `check: off` leaves it. */
  readonly always?: true;
}

/** All recipe checks. A person writes the names in comments, so a name stays what it is. */
export const rules = {
  'moving-base': {
    title: 'A base image that moves',
    what: 'The tag of the base image moves by habit: `latest`, also by default, `stable`, `nightly`. A build pins the digest that the tag has at that time, so the template changes although nobody changed the recipe.',
    cure: 'Name a version or a digest.',
    bad: ".fromImage('node')",
    good: ".fromImage('node:22-slim')",
  },
  'secret-value': {
    title: 'A secret in the template',
    what: 'A variable with the name of a secret has a literal value, or a text of the recipe has the form of a token or a private key. The service prints both in the log of the build, and everyone who can start a sandbox can read them.',
    cure: 'Give secrets to the sandbox when it starts: `Sandbox.create(template, { envs })`.',
    bad: ".setEnvs({ API_TOKEN: 'mellon-4-2-1' })",
    good: ".setEnvs({ API_URL: 'https://api.example.com' })",
  },
  'apt-update': {
    title: 'Packages from old lists, or from none',
    what: '`apt-get install` without `apt-get update` in the same step. Most images have no package lists, and the lists of an earlier step come from the cache, however old they are.',
    cure: 'Write both into one step, or use `aptInstall()`, which does.',
    bad: ".runCmd('apt-get install -y git')",
    good: ".runCmd('apt-get update && apt-get install -y git')",
  },
  'unpinned-install': {
    title: 'Packages without a version',
    what: '`pip`, `uv`, `pipx`, `npm`, `pnpm`, `yarn` or `bun` installs packages that are named without a version. A later build gets others, and a layer from the cache keeps the old ones. One warning for the whole recipe. None where the newest is asked for: `@latest`, `--upgrade`.',
    cure: 'Name versions, or install from a lockfile or a requirements file.',
    bad: ".pipInstall('requests')",
    good: ".pipInstall('requests==2.32.5')",
  },
  'copy-everything': {
    title: 'A copy of everything',
    what: 'A COPY of the whole context, without a `.dockerignore`, that takes what does not belong into a template: the recipe itself, `node_modules`, a `.env` file, caches.',
    cure: 'Name the folders, or write a `.dockerignore`.',
    bad: ".copy('.', '/app/')",
    good: ".copy('src', '/app/')",
  },
  'copied-credentials': {
    title: 'Credentials in the template',
    what: 'A COPY takes the token of the checkout in `.git/config`, or the credentials of a cloud login.',
    cure: 'Write their paths into `.dockerignore`. `persist-credentials: false` at `actions/checkout` leaves no token.',
    bad: ".copy('.', '/app/')",
    good: ".copy('src', '/app/')",
  },
  'git-folder': {
    title: 'The git folder in the template',
    what: 'A COPY takes `.git`, with the whole history. It differs from run to run, so no build is reused.',
    cure: 'Write the line `.git` into `.dockerignore`.',
    bad: ".copy('.', '/app/')",
    good: ".copy('src', '/app/')",
  },
  'file-mode': {
    title: 'A file loses its mode',
    what: 'A COPY takes a file that others may not read, such as a key. Of a mode only the execute bit is sent, so that builds are the same everywhere.',
    cure: 'Give the mode to `copy()`, or run `chmod` after it.',
    bad: ".copy('id_ed25519', '/root/.ssh/')",
    good: ".copy('id_ed25519', '/root/.ssh/', { mode: 0o600 })",
  },
  'copy-pattern': {
    title: 'A name that reads as a pattern',
    what: 'A source of COPY has brackets, and matches other files than the one of exactly this name.',
    cure: 'Write a backslash before the bracket.',
    bad: ".copy('app/[id].txt', '/app/')",
    good: ".copy('app/\\\\[id].txt', '/app/')",
  },
  'shell-argument': {
    title: 'The shell misreads an argument',
    what: 'The shell reads a part of an argument as syntax: `>` as a redirection, a blank as the end of a path, `;` as the end of the command.',
    cure: 'Put quotes around the argument, within the text.',
    bad: ".pipInstall('requests>=2.32')",
    good: '.pipInstall(\'"requests>=2.32"\')',
  },
  'start-without-ready': {
    title: 'A start command that nothing waits for',
    what: 'A start command without a ready command. The service waits 20 seconds, whether the server answers by then or not, and stores the template as it is at that time.',
    cure: 'Give the ready command: `waitForPort()`, `waitForURL()`, the input `ready-cmd`, or `HEALTHCHECK` in a Dockerfile.',
    bad: 'CMD ["python", "-m", "http.server", "8000"]',
    good: ".setStartCmd('python -m http.server 8000', waitForPort(8000))",
  },
  'ready-port': {
    title: 'A ready command that another port satisfies',
    what: '`waitForPort(80)` looks for the text `:80`, which is also in `:8080` and `:8000`. The template is stored before the server listens. It warns for ports of one or two digits, and where the recipe or the service uses a port that begins with the same digits.',
    cure: 'Wait for an answer: `waitForURL()`.',
    bad: ".setStartCmd('nginx', waitForPort(80))",
    good: ".setStartCmd('nginx', waitForURL('http://localhost:80/'))",
  },
  'local-server': {
    title: 'A server for the sandbox alone',
    what: 'The start command lets a server listen on `127.0.0.1` or `localhost`. A request to the address of the sandbox comes from outside, and reaches such a server only if the service hands it on, which is not promised. Databases are left out.',
    cure: 'Let it listen on `0.0.0.0`.',
    bad: ".setStartCmd('uvicorn app:app --host 127.0.0.1', waitForURL('http://localhost:8000/'))",
    good: ".setStartCmd('uvicorn app:app --host 0.0.0.0', waitForURL('http://localhost:8000/'))",
  },
  'dockerfile-difference': {
    title: 'A line of the Dockerfile',
    what: 'A line of a Dockerfile that builds, and does something else than its author may expect. `check: off` leaves this warning.',
    cure: 'The message names it.',
    bad: 'RUN --network=none make',
    good: 'RUN make',
    always: true,
  },
  'unknown-check': {
    title: 'A check that does not exist',
    what: 'A comment `novita-check: ignore` that names no check of this table.',
    cure: 'Correct the name.',
    bad: ".runCmd('make') // novita-check: ignore apt-updat",
    good: ".runCmd('apt-get install -y git') // novita-check: ignore apt-update",
  },
} as const satisfies Record<string, Rule>;

/** The name of a recipe check. */
export type RuleId = keyof typeof rules;

/** The names of all recipe checks, in the order of the table. */
export const ruleIds = Object.keys(rules) as [RuleId, ...RuleId[]];

/** Whether a text names a recipe check. */
export function isRule(text: string): text is RuleId {
  return Object.hasOwn(rules, text);
}

/** Whether `check: off` leaves the warnings of a check. */
export function staysWithOff(rule: RuleId): boolean {
  return 'always' in rules[rule];
}

/** A title with the name of its check, by which a person can silence it: `A base image that moves [moving-base]`. */
export function titleWithRule({ title, rule }: { readonly title: string; readonly rule?: RuleId }): string {
  return rule === undefined ? title : `${title} [${rule}]`;
}
