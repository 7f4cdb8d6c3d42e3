import { join } from 'node:path';
import { type Ref, readRefs } from './refs.ts';
import { type Remote, readRemotes, repositoryOfUrl } from './remotes.ts';
import { type Repository, readText } from './repository.ts';

/**
 * One thing that a checkout says of where a commit came from: `pull` from a pull request, `named` from a branch or
 * tag, `bare` by its id alone.
 */
export type Source =
  | { readonly kind: 'pull'; readonly ref: string; readonly number?: number }
  | {
      readonly kind: 'named' | 'bare';
      /** As `github.com/octo-org/agent`; absent for a repository in a folder of this machine. */
      readonly repository?: string;
      /** Said by the last fetch itself, not by a name that whoever fetched could choose. */
      readonly fetched: boolean;
    };

export interface CheckoutSources {
  readonly of: readonly Source[];
  /** All names of the checkout that are branches or tags of a remote, with the repository that they are of. */
  readonly named: readonly { readonly commit: string; readonly repository?: string }[];
  /** The repositories of its remotes, as far as they have an address. */
  readonly repositories: readonly string[];
}

const pullRequest = /(?:^|\/)pull\/(\d+)\/(?:head|merge)$/;

/**
 * What a checkout tells of where a commit came from: by its names for it, by what was fetched last, and by the log
 * that git keeps of each name. Whoever writes into `.git` can make it tell anything.
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

/** Tells that a name stands for a pull request: by itself, or because it was fetched from one. */
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

/** The repository whose branch or tag a name is. A tag does not say from which remote it came, so all must be one. */
function namedSource(ref: Ref, remotes: readonly Remote[]): { repository?: string } | undefined {
  const of = (remote: Remote | undefined) => {
    const from = repositoryOfUrl(remote?.url ?? '');
    return from === undefined ? {} : { repository: from };
  };
  // No address is known at all: the names are all that there is.
  if (remotes.length === 0) return /^refs\/(remotes|tags)\//.test(ref.name) ? {} : undefined;
  if (ref.name.startsWith('refs/tags/')) {
    const all = new Set(remotes.map(({ url }) => repositoryOfUrl(url ?? '')));
    return all.size === 1 ? of(remotes[0]) : undefined;
  }
  const remote = remotes.find(({ name }) => ref.name.startsWith(`refs/remotes/${name}/`));
  return remote && of(remote);
}
