import { join } from 'node:path';
import { type Ref, readRefs } from './refs.ts';
import { type Remote, readRemotes, repositoryOfUrl } from './remotes.ts';
import { type Repository, readText } from './repository.ts';

/**
 * One statement of a checkout about the origin of a commit: `pull` from a pull request, `named` from a branch or tag,
 * `bare` by its id alone.
 */
export type Source =
  | { readonly kind: 'pull'; readonly ref: string; readonly number?: number }
  | {
      readonly kind: 'named' | 'bare';
      /** `github.com/octo-org/agent`. Absent for a repository in a local folder. */
      readonly repository?: string;
      /** It comes from the record of the last fetch, and not from a local name that anyone can choose. */
      readonly fetched: boolean;
    };

export interface CheckoutSources {
  readonly of: readonly Source[];
  /** All branches and tags of remotes in the checkout, with their repository. */
  readonly named: readonly { readonly commit: string; readonly repository?: string }[];
  /** The repositories of its remotes that have a URL. */
  readonly repositories: readonly string[];
}

const pullRequest = /(?:^|\/)pull\/(\d+)\/(?:head|merge)$/;

/**
 * What a checkout says about the origin of a commit: its refs, the last fetch, and git's log of each ref. Someone who
 * can write into `.git` can change all of this.
 */
export function checkoutSources(repository: Repository, commit: string): CheckoutSources {
  const remotes = readRemotes(repository);
  const repositories = remotes.flatMap(({ url }) => repositoryOfUrl(url ?? '') ?? []);
  const refs = readRefs(repository);
  const pulled = refs.map((ref) => ({ ref, pull: pullSource(ref, repository, remotes) }));
  const named = pulled
    .filter(({ pull }) => !pull)
    .flatMap(({ ref }) => {
      const found = namedSource(ref, remotes);
      return found ? [{ commit: ref.commit, ...found }] : [];
    });
  return {
    of: [
      ...lastFetched(repository, commit),
      ...pulled.flatMap(({ ref, pull }) => (pull && ref.commit === commit ? [pull] : [])),
      ...named
        .filter((found) => found.commit === commit)
        .map(({ repository: from }) => ({
          kind: 'named' as const,
          fetched: false,
          ...(from !== undefined && { repository: from }),
        })),
    ],
    named,
    repositories,
  };
}

/** Lines such as `<commit>		branch 'main' of https://github.com/octo-org/agent`. */
function lastFetched({ gitDirectory }: Repository, commit: string): Source[] {
  const lines = (readText(join(gitDirectory, 'FETCH_HEAD')) ?? '').split('\n');
  return lines.flatMap((line): Source[] => {
    const [, id, what = '', ref = '', url = ''] =
      /^([0-9a-f]+)\t[^\t]*\t(?:(branch|tag|remote-tracking branch) )?'(.+)' of (\S+)$/.exec(line) ?? [];
    if (id !== commit) return [];
    const [, number] = pullRequest.exec(ref) ?? [];
    if (number !== undefined) return [{ kind: 'pull', ref, number: Number(number) }];
    const from = repositoryOfUrl(url);
    const kind = what === 'branch' || what === 'tag' ? 'named' : 'bare';
    return [{ kind, fetched: true, ...(from !== undefined && { repository: from }) }];
  });
}

/** The pull request of a ref: by its name, or because it was fetched from one. */
function pullSource(ref: Ref, repository: Repository, remotes: readonly Remote[]): Source | undefined {
  const [, own] = pullRequest.exec(ref.name) ?? [];
  if (own !== undefined) return { kind: 'pull', ref: ref.name, number: Number(own) };
  const log = readText(join(repository.commonDirectory, 'logs', ref.name)) ?? '';
  const last = log.slice(log.lastIndexOf('\n') + 1);
  const fetches = [...remotes.flatMap((remote) => remote.fetches), ...last.split(/\s/)];
  for (const fetch of fetches) {
    const [, from = '', to = ''] = /^\+?(?:refs\/)?(pull\/[^:]+):([^:]+?):?$/.exec(fetch) ?? [];
    const [start = '', end] = to.split('*');
    if (start === '') continue;
    const fits = [ref.name, ref.name.replace(/^refs\/(heads\/|remotes\/|tags\/)?/, '')].some((name) =>
      end === undefined ? name === start : name.startsWith(start) && name.endsWith(end),
    );
    if (!fits) continue;
    const [, number] = /^pull\/(\d+)\//.exec(from) ?? [];
    return { kind: 'pull', ref: `refs/${from}`, ...(number !== undefined && { number: Number(number) }) };
  }
  return undefined;
}

/** The repository of a branch or tag. A tag does not name its remote, so all remotes must agree. */
function namedSource(ref: Ref, remotes: readonly Remote[]): { repository?: string } | undefined {
  const of = (remote: Remote | undefined) => {
    const from = repositoryOfUrl(remote?.url ?? '');
    return from === undefined ? {} : { repository: from };
  };
  // No remote has a URL, so only the refs count.
  if (remotes.length === 0) return /^refs\/(remotes|tags)\//.test(ref.name) ? {} : undefined;
  if (ref.name.startsWith('refs/tags/')) {
    const all = new Set(remotes.map(({ url }) => repositoryOfUrl(url ?? '')));
    return all.size === 1 ? of(remotes[0]) : undefined;
  }
  const remote = remotes.find(({ name }) => ref.name.startsWith(`refs/remotes/${name}/`));
  return remote && of(remote);
}
