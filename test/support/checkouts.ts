/** Checkouts as actions/checkout, gh and git itself make them, by git itself, from a repository with pull requests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Runs git with no settings but those of the repository. */
export function git(directory: string, ...args: string[]): string {
  const settings = {
    'user.name': 'a',
    'user.email': 'a@example.com',
    'init.defaultBranch': 'main',
    'protocol.file.allow': 'always',
    'core.autocrlf': 'false',
  };
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return execFileSync('git', ['-C', directory, ...given, ...args], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

export function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** The real path of a new folder. */
export function folder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'checkout-')));
}

/**
 * A repository: `main` with two commits, `release` off its first, the branch `feature` of pull request 8, the tags
 * `v1` (annotated) and `v2`, and pull request 7 of a fork.
 */
export interface Origin extends Disposable {
  readonly path: string;
  readonly commits: Readonly<
    Record<'first' | 'main' | 'release' | 'feature' | 'featureMerge' | 'fork' | 'forkMerge', string>
  >;
}

/** @param recipe - the recipe of each commit, by its name */
export function createOrigin(recipe: (commit: string) => Readonly<Record<string, string>>): Origin {
  const top = folder();
  const path = join(top, 'origin.git');
  const work = join(top, 'work');
  mkdirSync(work);
  git(top, 'init', '-q', '--bare', path);
  // As GitHub does.
  git(path, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  git(path, 'config', 'uploadpack.allowFilter', 'true');
  git(work, 'init', '-q');
  const commit = (name: string) => {
    write(work, recipe(name));
    git(work, 'add', '.');
    git(work, 'commit', '-qm', name);
    return git(work, 'rev-parse', 'HEAD');
  };
  const merge = (name: string, into: string) => {
    git(work, 'checkout', '-q', '--detach', into);
    git(work, 'merge', '-q', '--no-ff', '-s', 'ours', '-m', name, '@{-1}');
    return git(work, 'rev-parse', 'HEAD');
  };
  const first = commit('first');
  git(work, 'tag', '-a', '-m', 'one', 'v1');
  const main = commit('main');
  git(work, 'tag', 'v2');
  git(work, 'checkout', '-qb', 'release', first);
  const release = commit('release');
  git(work, 'checkout', '-qb', 'feature', main);
  const feature = commit('feature');
  const featureMerge = merge('merge 8', main);
  git(work, 'checkout', '-qb', 'topic', main);
  const fork = commit('fork');
  const forkMerge = merge('merge 7', main);
  const commits = { first, main, release, feature, featureMerge, fork, forkMerge };
  const places: [string, string][] = [
    [main, 'refs/heads/main'],
    [release, 'refs/heads/release'],
    [feature, 'refs/heads/feature'],
    [feature, 'refs/pull/8/head'],
    [featureMerge, 'refs/pull/8/merge'],
    [fork, 'refs/pull/7/head'],
    [forkMerge, 'refs/pull/7/merge'],
    ['v1', 'refs/tags/v1'],
    ['v2', 'refs/tags/v2'],
  ];
  git(work, 'push', '-q', path, ...places.map(([from, to]) => `${from}:${to}`));
  return { path, commits, [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }) };
}

export interface CheckoutOptions {
  /** Address that the checkout is to have: `https://github.com/octo-org/agent` when left out. */
  readonly url?: string;
  readonly fetches: readonly (readonly string[])[];
  readonly checkout: readonly string[];
  /** What is done between fetching and checking out. */
  readonly before?: (path: string) => void;
  readonly after?: (path: string) => void;
}

/** Fetches and checks out into `path`, and writes the address into it as if it had been fetched from there. */
export function checkOut(origin: Origin, path: string, options: CheckoutOptions): void {
  const { url = 'https://github.com/octo-org/agent', fetches, checkout, before, after } = options;
  mkdirSync(path, { recursive: true });
  git(path, 'init', '-q');
  git(path, 'remote', 'add', 'origin', `file://${origin.path}`);
  for (const fetch of fetches) git(path, 'fetch', '-q', ...fetch);
  before?.(path);
  git(path, 'checkout', '-q', ...checkout);
  git(path, 'remote', 'set-url', 'origin', url);
  const fetched = join(path, '.git', 'FETCH_HEAD');
  const said = readFileSync(fetched, 'utf8').replaceAll(`file://${origin.path.replace(/\.git$/, '')}`, url);
  writeFileSync(fetched, said);
  after?.(path);
}

const once = ['--no-tags', '--prune', '--no-recurse-submodules', '--depth=1', 'origin'];
const whole = ['--prune', '--no-recurse-submodules', 'origin', '+refs/heads/*:refs/remotes/origin/*'];

/** Each way in which workflows come to a checkout. */
export function checkoutKinds({ commits }: Origin): Readonly<Record<string, CheckoutOptions>> {
  const branch = (name: string, commit: string, url?: string): CheckoutOptions => ({
    fetches: [[...once, `+${commit}:refs/remotes/origin/${name}`]],
    checkout: ['--force', '-B', name, `refs/remotes/origin/${name}`],
    ...(url && { url }),
  });
  const commitOnly = (commit: string, url?: string): CheckoutOptions => ({
    fetches: [[...once, commit]],
    checkout: ['--force', commit],
    ...(url && { url }),
  });
  const pull = (ref: string, commit: string): CheckoutOptions => ({
    fetches: [[...once, `+${commit}:refs/remotes/pull/${ref}`]],
    checkout: ['--force', `refs/remotes/pull/${ref}`],
  });
  const mainOnly = [...once, `+${commits.main}:refs/remotes/origin/main`];
  return {
    'the run itself': branch('main', commits.main),
    'the run by its commit': commitOnly(commits.main),
    'another branch': branch('release', commits.release),
    'another branch, fetched whole': {
      fetches: [[...whole, '+refs/tags/*:refs/tags/*']],
      checkout: ['-B', 'release', 'refs/remotes/origin/release'],
      after: (path) => git(path, 'pack-refs', '--all'),
    },
    'an annotated tag': {
      fetches: [[...once, '+refs/tags/v1:refs/tags/v1']],
      checkout: ['--force', 'refs/tags/v1'],
    },
    'an annotated tag, packed': {
      fetches: [[...once, '+refs/tags/v1:refs/tags/v1']],
      checkout: ['--force', 'refs/tags/v1'],
      after: (path) => git(path, 'pack-refs', '--all'),
    },
    'an older commit of a branch, fetched whole': {
      fetches: [['--no-tags', ...whole]],
      checkout: ['--force', commits.first],
    },
    'an older commit of a branch alone': commitOnly(commits.first),
    'the branch of pull request 8': branch('feature', commits.feature),
    'the commit of pull request 8': commitOnly(commits.feature),
    'refs/pull/8/head': pull('8/head', commits.feature),
    'refs/pull/8/merge': pull('8/merge', commits.featureMerge),
    'refs/pull/7/head': pull('7/head', commits.fork),
    'refs/pull/7/merge': pull('7/merge', commits.forkMerge),
    'refs/pull/7/merge, fetched whole': {
      fetches: [[...whole, '+refs/tags/*:refs/tags/*', `+${commits.forkMerge}:refs/remotes/pull/7/merge`]],
      checkout: ['--force', 'refs/remotes/pull/7/merge'],
    },
    'the commit of the fork': commitOnly(commits.fork),
    'another branch of the fork': branch('next', commits.forkMerge, 'https://github.com/stranger/agent'),
    'a branch of the fork': branch('topic', commits.fork, 'https://github.com/stranger/agent.git'),
    'a commit of the fork, from the fork': commitOnly(commits.fork, 'git@github.com:Stranger/Agent.git'),
    'FETCH_HEAD of a pull request': {
      fetches: [mainOnly, ['origin', 'pull/7/head']],
      checkout: ['--force', 'FETCH_HEAD'],
    },
    'a local branch for a pull request': {
      fetches: [mainOnly, ['origin', 'pull/7/head:contribution'], mainOnly],
      checkout: ['--force', 'contribution'],
    },
    'gh pr checkout': {
      fetches: [whole, ['origin', 'refs/pull/7/head:topic', '--no-tags']],
      checkout: ['--force', 'topic'],
      after: (path) => git(path, 'config', 'branch.topic.merge', 'refs/pull/7/head'),
    },
    'pull requests among the branches': {
      fetches: [
        ['origin', '+refs/pull/*/head:refs/remotes/origin/pr/*'],
        whole.filter((word) => word !== '--prune'),
      ],
      checkout: ['--force', 'refs/remotes/origin/pr/7'],
    },
    'pull requests among the branches, by its settings': {
      fetches: [
        ['origin', '+refs/pull/*/head:refs/remotes/origin/pr/*'],
        mainOnly.filter((word) => word !== '--prune'),
      ],
      checkout: ['--force', 'refs/remotes/origin/pr/7'],
      after: (path) => {
        git(path, 'config', '--add', 'remote.origin.fetch', '+refs/pull/*/head:refs/remotes/origin/pr/*');
        rmSync(join(path, '.git', 'logs'), { recursive: true });
        git(path, 'pack-refs', '--all');
      },
    },
    'a merge of a pull request made here': {
      fetches: [mainOnly, ['--unshallow', 'origin', 'pull/7/head']],
      checkout: ['--detach', 'refs/remotes/origin/main'],
      after: (path) => git(path, 'merge', '-q', '--no-ff', '-m', 'here', commits.fork),
    },
    'a second repository of the same owner': branch(
      'main',
      commits.release,
      'https://github.com/octo-org/recipes',
    ),
    'a second repository of another owner': branch(
      'main',
      commits.release,
      'https://github.com/acme/recipes',
    ),
  };
}
