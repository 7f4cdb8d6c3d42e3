/** Checks of the commands of a recipe: what they find, and what looks alike and is fine. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lostSpecifierFindings } from '../../src/checks/lost-specifier.ts';
import { recipeSecrets } from '../../src/checks/secret-value.ts';
import { commandsOf } from '../../src/checks/shell.ts';
import type { DefinitionWarning } from '../../src/definition/definition.ts';
import { findings, type Parts } from './recipe-findings.ts';

type Row = readonly [parts: Parts, found: RegExp | undefined];

async function expectRow(rule: string, parts: Parts, found: RegExp | undefined): Promise<void> {
  const own = (await findings(parts)).filter((text) => text.startsWith(`${rule} `));
  expect(own).toEqual(found ? [expect.stringMatching(found)] : []);
}

const inOne = (...run: string[]): Parts => ({ run });

describe('apt-update', () => {
  test.each<Row>([
    [inOne('apt-get install -y git curl'), /at 3: .*install of git, curl without .*no package lists/],
    [inOne('sudo -E apt-get -y install git'), /git without/],
    [inOne('DEBIAN_FRONTEND=noninteractive /usr/bin/apt install git'), /git without/],
    [inOne('bash -c "apt-get install -y git"'), /git without/],
    [inOne('apt-get -o Acquire::Retries=3 install -t sid git'), /of git without/],
    [inOne('apt-get install -y git && apt-get update'), /git without/],
    [inOne('apt-get update', 'apt-get install -y git'), /at 4: .*lists of an earlier step/],
    [inOne('sudo -u root apt-get install -y git'), /git without/],
    [inOne('timeout 60 apt-get install -y git'), /git without/],
    [inOne('timeout -k 5 60 nice -n 5 apt-get install -y git'), /git without/],
    [inOne('gosu root env -u A B=1 apt-get install -y git'), /git without/],
    [inOne('sudo apt-get remove -y x && apt-get install -y git'), /git without/],
    [inOne('/usr/local/bin/tool && apt-get install -y git'), /git without/],
    [inOne('apt-get update', 'true', 'apt-get install -y git'), /at 5: .*earlier step/],
    [inOne('if true; then\n  apt-get install -y \\\n    git\nfi'), /git without/],
    [inOne('apt-get update && apt-get install -y git'), undefined],
    [inOne('apt-get update; apt install -y git'), undefined],
    [inOne('apt update -qq\napt install git'), undefined],
    [inOne('(apt-get update -y) && apt-get install git'), undefined],
    [inOne('set -e; sudo apt-get update || true; sudo apt-get install git'), undefined],
    [inOne('curl -fsSL https://x/setup_22.x | bash - && apt-get install -y nodejs'), undefined],
    [inOne('./setup.sh && apt-get install -y git'), undefined],
    [inOne('add-apt-repository -y ppa:x/y && apt-get install -y git'), undefined],
    [inOne('apt-get install -y ./chrome.deb /tmp/x.deb'), undefined],
    [inOne('apt-get install -f -y'), undefined],
    [inOne('echo "apt-get install git"'), undefined],
    [inOne("cat > x <<'EOF'\napt-get install git\nEOF"), undefined],
    [inOne('# apt-get install git\ntrue'), undefined],
    [inOne('apt-get remove -y git'), undefined],
    [inOne('apk update && brew install git'), undefined],
    [inOne('eval "$SETUP" && apt-get install -y git'), undefined],
  ])('%j', (parts, found) => expectRow('apt-update', parts, found));
});

describe('unpinned-install', () => {
  test.each<Row>([
    [inOne('pip install requests flask==3.1'), /at 3: requests: no version .*Write requests==<version>/],
    [inOne('python3 -m pip install --user "uvicorn[standard]"'), /uvicorn\[standard\]: no/],
    [inOne('uv tool install ruff'), /ruff: no/],
    [
      inOne('pip install a', 'true', 'npm i b', 'pip install a c'),
      /at 3: a, b, c: .*Write a==.* lines 5, 6\./,
    ],
    [inOne('pip install a', 'pip install b && pip install c'), /at 3: a, b, c: .* same at line 4\.$/],
    [inOne('pip install a && pip install b'), /\(-r\)\.$/],
    [inOne('uv pip install --system httpx'), /httpx: no/],
    [inOne('pipx install poetry && pip3 install a b c d'), /poetry, a, b and 2 more: no/],
    [
      inOne('npm install -g typescript @scope/tool'),
      /typescript, @scope\/tool: .*Write typescript@<version>/,
    ],
    [inOne('npm i -g --registry https://r.example pnpm'), /: pnpm: no/],
    [inOne('yarn global add serve && bun add -g elysia && pnpm add -g turbo'), /serve, elysia, turbo: no/],
    [inOne('cd /app && npm install express'), /express: no/],
    [inOne('npm install && bun add hono@4 hono-rate'), /: hono-rate: .*Write hono-rate@<version>/],
    [inOne('pip install -r requirements.txt'), undefined],
    [inOne('pip install --requirement=r.txt extra'), undefined],
    [inOne('pip install -c constraints.txt flask'), undefined],
    [inOne('pip install pip setuptools Wheel'), undefined],
    [inOne('pip install --upgrade httpx', 'pip install -qU uvicorn'), undefined],
    [inOne('python -m venv pip install x; uv run pip-tool install x; python -c pip'), undefined],
    [inOne('uv sync && uv add httpx && pip --version'), undefined],
    [inOne('npm'), undefined],
    [inOne('pip install . -e ./lib git+https://github.com/o/r@v1 x.whl https://h/x.tar.gz'), undefined],
    [inOne('pip install \'flask>=3,<4\' requests~=2.32 "numpy==2.*"'), undefined],
    [inOne('pip install --index-url https://h/simple torch==2.9'), undefined],
    [inOne('pip install $PACKAGES "x==$VERSION"'), undefined],
    [inOne('pip download requests; pip list; pip uninstall x'), undefined],
    [inOne('npm ci && npm install && npm install --omit=dev'), undefined],
    [inOne('npm install -g typescript@5.9 @scope/tool@latest npm'), undefined],
    [inOne('npm install ./lib file:../x user/repo https://h/x.tgz x.tgz'), undefined],
    [inOne('npm run install typescript; npm --prefix app run add x'), undefined],
    [inOne('npm --prefix web install'), undefined],
    [inOne('yarn && yarn install --frozen-lockfile; bun install; pnpm i'), undefined],
    [inOne('echo pip install requests'), undefined],
    [inOne('pip install requests>=2,<3'), undefined],
  ])('%j', (parts, found) => expectRow('unpinned-install', parts, found));
});

describe('shell-argument in a command', () => {
  test.each<Row>([
    [inOne('pip install requests>=2.32'), /at 3: .*to a file named =2\.32/],
    [inOne('python -m pip install a==1 requests>2'), /to a file named 2/],
    [inOne('pip install "requests>=2.32" > log.txt 2>&1'), undefined],
    [inOne('pip install -q x==1 2>/dev/null'), undefined],
    [inOne('echo requests>=2.32'), undefined],
    [inOne('pip >2'), undefined],
    [inOne('pip freeze>=2'), /to a file named =2,/],
  ])('%j', (parts, found) => expectRow('shell-argument', parts, found));
});

test('shell-argument is told once for a line, whatever else is told there', () => {
  const source = { file: '/repo/template.ts', line: 3 };
  const steps = [{ wire: { type: 'RUN', args: ['pip install requests>=2.32'] }, source }];
  const seen = { rule: 'shell-argument' as const, title: '', message: '', at: source };
  const count = (...warnings: DefinitionWarning[]) => lostSpecifierFindings(steps, warnings).length;
  expect(count(seen)).toBe(0);
  expect(count({ ...seen, rule: 'dockerfile-difference' })).toBe(1);
  expect(count({ ...seen, at: { ...source, line: 4 } }, { ...seen, at: { ...source, file: '/x' } })).toBe(1);
});

describe('secret-value', () => {
  const github = `ghp_${'a1B2'.repeat(9)}`;
  test.each<Row>([
    [{ env: { API_KEY: 'sk-12345', PORT: '80', DB_PASSWORD: 'hunter2' } }, /API_KEY, DB_PASSWORD: .* values/],
    [{ env: { API_KEY: 'abc$OTHER' } }, /API_KEY: the service prints the value/],
    [{ env: { CONFIG: `{"t":"${github}"}` } }, /CONFIG holds a GitHub token:/],
    [{ env: { CLOUD: 'AKIAQ7ZT2KX4MB6JW3PD' } }, /CLOUD holds an AWS access key/],
    [inOne(`git clone https://x:${github}@github.com/o/r`), /The command holds a GitHub token/],
    [inOne(`curl -H "Authorization: Bearer ${github}" https://h`), /The command holds a GitHub token/],
    [inOne(`echo sk-ant-api03-${'k9X2'.repeat(10)} > /key`), /a key of a model provider/],
    [inOne('cat > k <<E\n-----BEGIN OPENSSH PRIVATE KEY-----\nx\nE'), /a private key/],
    [inOne('export STRIPE_SECRET=f81k2j9x0qpz41 && make'), /a value to STRIPE_SECRET/],
    [inOne('NPM_TOKEN=f81k2j9x0qpz41 npm ci'), /a value to NPM_TOKEN/],
    [{ startCmd: `TOKEN=${github} serve`, readyCmd: 'true' }, /at 90: The start command holds/],
    [{ env: { API_KEY: '', TOKEN: ' ', SECRET: '$OTHER', PASSWORD: '${OTHER}' } }, undefined],
    [
      { env: { API_KEY: 'your-key-here', TOKEN: 'changeme', SECRET: '<secret>', PASSWORD: 'xxxx' } },
      undefined,
    ],
    [
      { env: { A_PASSWORD: 'postgres', B_PASSWORD: ' None ', C_PASSWORD: 'true', D_PASSWORD: 'Admin' } },
      undefined,
    ],
    [{ env: { MAX_TOKENS: '4096', TOKEN_LIMIT: '9', NODE_ENV: 'production' } }, undefined],
    [{ env: { DATABASE_URL: 'postgres://postgres:postgres@localhost:5432/app' } }, undefined],
    [inOne('API_KEY=f81k2j9x0qpz41 PORT=1 true', 'API_KEY="$KEY" make'), /at 3/],
    [inOne('API_KEY=placeholder-123456 npm run build'), undefined],
    [inOne('PGPASSWORD=postgres psql -c "select 1"'), undefined],
    [inOne('aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE'), undefined],
    [inOne('export TOKEN=$(cat /run/secrets/token-1234)'), undefined],
    [
      inOne('git clone https://github.com/o/r && git checkout 4f2c91d0aa7be1c9d0e2f3a4b5c6d7e8f9a0b1c2'),
      undefined,
    ],
    [inOne('echo sk-your-api-key-goes-here-in-this-place-please'), undefined],
  ])('%j', (parts, found) => expectRow('secret-value', parts, found));

  test('never repeats a value', async () => {
    const value = 'f81k2j9x0qpz41';
    const parts = { env: { A_TOKEN: value }, run: [`B_TOKEN=${value} make`, `echo ${github}`] };
    const found = await findings(parts);
    expect(found).toHaveLength(3);
    expect(found.join()).not.toMatch(new RegExp(`${value}|${github}`));
  });
});

test('moving-base', async () => {
  const of = (fromImage: string) => findings({ fromImage });
  expect(await of('python')).toEqual([
    expect.stringMatching(/^moving-base at 2: python is a name that moves .*tag latest/),
  ]);
  for (const image of ['python:3.12', 'node:22', `node@sha256:${'0'.repeat(64)}`, 'ubuntu:24.04'])
    expect(await of(image)).toEqual([]);
});

const started = (startCmd: string, readyCmd = 'curl -sf http://localhost:8000/'): Parts => ({
  startCmd,
  readyCmd,
});

describe('start-without-ready', () => {
  test.each<Row>([
    [started('node server.js', 'sleep 20'), /at 90: The start command has no ready command/],
    [started('node server.js', ''), /no ready command/],
    [{ startCmd: 'node server.js' }, /no ready command/],
    [started('node server.js', ' sleep 20\n'), /no ready command/],
    [started('sleep 1; node server.js', ' '), /no ready command/],
    [started('  ', ''), undefined],
    [started('true', ''), undefined],
    [started('node server.js', 'sleep 3'), undefined],
    [started('sleep infinity', 'sleep 20'), undefined],
    [started('/bin/bash', 'sleep 20'), undefined],
    [started('python3', 'sleep 20'), undefined],
    [started('exec tail -f /dev/null', 'sleep 20'), undefined],
  ])('%j', (parts, found) => expectRow('start-without-ready', parts, found));
});

const waitFor = (port: number) => `ss -tuln | grep :${port}`;

describe('ready-port', () => {
  test.each<Row>([
    [started('nginx', waitFor(80)), /at 90: .*:80, which is also in :8080/],
    [started('x --port 30001', waitFor(3000)), /also in :30001/],
    [{ ...started('x', waitFor(800)), env: { ADMIN_PORT: '8001' } }, /also in :8001/],
    [started('x', waitFor(4998)), /:49983, which the service itself has/],
    [started('node server.js --timeout 30000', waitFor(3000)), undefined],
    [started('x', waitFor(8080)), undefined],
    [started('x', 'ss -tuln | grep -w :80'), undefined],
    [started('x', "ss -tuln | grep ':80 '"), undefined],
    [started('x', 'curl -sf http://localhost:80'), undefined],
  ])('%j', (parts, found) => expectRow('ready-port', parts, found));
});

describe('local-server', () => {
  test.each<Row>([
    [started('uvicorn app:app --host 127.0.0.1'), /at 90: uvicorn listens on 127\.0\.0\.1/],
    [started('cd /app && sudo -u user npx vite --host=localhost'), /listens on localhost/],
    [started('gunicorn -b 127.0.0.1:8000 app'), /127\.0\.0\.1:8000/],
    [started('python manage.py runserver 127.0.0.1:8000'), /127\.0\.0\.1:8000/],
    [started('HOST=localhost node server.js'), /node listens on localhost/],
    [started("bash -lc 'jupyter lab --ip localhost'"), /jupyter listens/],
    [started('python3 -m http.server --bind 127.0.0.1 80'), /listens/],
    [started('uvicorn app:app --host 0.0.0.0'), undefined],
    [started('node server.js --redis-host localhost --db.host 127.0.0.1'), undefined],
    [started('until pg_isready -h localhost --host localhost; do sleep 1; done; ./serve'), undefined],
    [started('uvicorn app:app --host 127.0.0.1 & nginx -g "daemon off;"'), undefined],
    [started('uvicorn a:a --host 127.0.0.1 & uvicorn b:b --host 0.0.0.0'), undefined],
    [started('curl http://localhost:8000 && sleep infinity'), undefined],
    [started('DB_HOST=localhost node server.js'), undefined],
    [started('redis-server --bind 127.0.0.1 & node server.js'), undefined],
    [started('redis-server --bind 127.0.0.1 & vite --host localhost'), /vite listens/],
    [started('node -H localhost -b localhost'), undefined],
    [started('php -S localhost:8000'), /php listens on localhost:8000/],
  ])('%j', (parts, found) => expectRow('local-server', parts, found));
});

test('values of secrets are hidden in all that leaves the step, unless they could be words', () => {
  const run = (command: string) => ({ wire: { type: 'RUN', args: [command] } });
  const value = (name: string) => `${name}81k2j9x0qpz41`;
  const steps = [
    { wire: { type: 'ENV', args: ['A_TOKEN', value('a'), 'B_PASSWORD', 'postgres', 'C_URL', value('c')] } },
    run(`export D_TOKEN=${value('d')}; E_SECRET=${value('e')} make F=${value('f')} G_TOKEN=$H`),
  ];
  expect(recipeSecrets({ steps })).toEqual([value('a'), value('d'), value('e')]);
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'toString',
      '__proto__',
      'sudo',
      'timeout 5',
      'env A=1',
      'bash -c',
      '-c',
      'apt-get',
      'install',
      'pip',
      '$(',
    ],
    ...[
      '(',
      ')',
      '{',
      '}',
      "'",
      '"',
      '`',
      '<<E',
      '\nE\n',
      '\n',
      '\\',
      '&&',
      '|',
      ';',
      '>',
      '=',
      ' ',
      '#',
      '-',
      ':80',
    ],
  );

  test('is checked without an error', async () => {
    const text = fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }).map((all) => all.join(' '));
    await fc.assert(
      fc.asyncProperty(text, text, text, async (run, startCmd, readyCmd) => {
        const found = await findings({ run: [run], env: { [run]: startCmd }, startCmd, readyCmd });
        expect(found.every((line) => /^[\w-]+ at \d+: /.test(line))).toBe(true);
      }),
    );
  });

  test('may be long and deep', () => {
    const pieces = [
      '(',
      '$(',
      '{ ',
      'bash -c "',
      'if a; then ',
      '`',
      'a && ',
      'a\n',
      '"$(',
      'a(){ ',
      '[[ ( ',
    ];
    // On whatever is left of the stack.
    const deeper = (levels: number, work: () => void): void =>
      levels > 0 ? deeper(levels - 1, work) : work();
    for (const piece of pieces)
      for (const levels of [0, 4000])
        deeper(levels, () => expect(Array.isArray(commandsOf(piece.repeat(20_000)))).toBe(true));
  });
});
