/** The file to paste for GitLab, and the component, run by gitlab-ci-local: later jobs have the outputs as variables. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { testWith } from '../support/fixtures.ts';
import { repositoryRoot } from '../support/runner.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { project } from './reuse-kit.ts';

/** gitlab-ci-local copies the project with rsync. */
const hasRsync = (() => {
  try {
    execFileSync('rsync', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['REQUIRE_RSYNC'] === '1') throw new Error('rsync is missing');
    console.warn('Tests with gitlab-ci-local are left out: rsync is missing.');
    return false;
  }
})();

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const pipelines = {
  'the file to paste': { '.gitlab-ci.yml': read('examples/ci/gitlab-ci.yml') },
  'the component': {
    'templates/build.yml': read('templates/build.yml'),
    '.gitlab-ci.yml': `stages: [build, test]
include:
  - local: templates/build.yml
    inputs: { name: my-agent, tags: 'latest, mine' }
after:
  stage: test
  needs: [novita-template]
  script:
    - echo "A sandbox of $NOVITA_REFERENCE is tested here"
`,
  },
};

const test = testWith({ files: project() });

test.skipIf(!hasRsync).for(Object.entries(pipelines))(
  '%s builds, and hands the build to the next job',
  async ([, files], { action, service, workspace }) => {
    // Instead of npx, which would fetch the package.
    const npx = `#!/bin/sh\nshift 2\nexec ${process.execPath} ${join(action, 'dist/cli.js')} "$@"\n`;
    await using tools = await temporaryDirectory({ 'bin/npx': { run: npx } });
    await workspace.write(files);
    const git = (...words: string[]) => execFileSync('git', words, { cwd: workspace.path });
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'one');
    git('remote', 'add', 'origin', 'git@gitlab.example:group/agent.git');
    const variables = {
      NOVITA_API_KEY: service.apiKey,
      NOVITA_API_URL: service.url,
      CI_DEFAULT_BRANCH: 'main',
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        join(repositoryRoot, 'node_modules/gitlab-ci-local/dist/index.js'),
        ...['--cwd', '.', '--home', join(tools.path, 'home'), '--force-shell-executor'],
        ...Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]),
      ],
      {
        cwd: workspace.path,
        env: { ...process.env, PATH: `${join(tools.path, 'bin')}:${process.env['PATH']}`, HOME: tools.path },
      },
    );
    const [build] = service.inspect.builds();
    expect(stdout).toContain(`A sandbox of my-agent:${build?.id} is tested here`);
    expect(service.inspect.resolve('my-agent', 'latest')).toBe(build?.id);
  },
);
