import { join } from 'node:path';
import { type Repository, readText } from './repository.ts';

/** A remote from the settings of a checkout. */
export interface Remote {
  /** `origin` */
  readonly name: string;
  readonly url?: string;
  /** Its refspecs: `+refs/heads/*:refs/remotes/origin/*`. */
  readonly fetches: readonly string[];
}

/** Reads the remotes from the settings of a checkout. */
export function readRemotes({ commonDirectory }: Repository): Remote[] {
  const remotes = new Map<string, { url?: string; fetches: string[] }>();
  let current: { url?: string; fetches: string[] } | undefined;
  for (const line of (readText(join(commonDirectory, 'config')) ?? '').split('\n')) {
    if (/^\s*\[/.test(line)) {
      const [, name] = /^\s*\[remote "((?:[^"\\]|\\.)+)"\]/i.exec(line) ?? [];
      current = name === undefined ? undefined : (remotes.get(name) ?? { fetches: [] });
      if (name !== undefined && current) remotes.set(name, current);
    }
    const [, key = '', value = ''] = /^\s*(?:\[.*\])?\s*(url|fetch)\s*=\s*"?(.*?)"?\s*$/i.exec(line) ?? [];
    // Git fetches from the first URL.
    if (current && key.toLowerCase() === 'url') current.url ??= value;
    if (current && key.toLowerCase() === 'fetch') current.fetches.push(value);
  }
  return [...remotes].map(([name, { url, fetches }]) => ({
    name,
    fetches,
    ...(url !== undefined && { url }),
  }));
}

/**
 * The repository of a URL in lower case: `github.com/octo-org/agent`. It is `undefined` for a local folder and for a
 * text that is not a URL.
 */
export function repositoryOfUrl(url: string): string | undefined {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/(.+)$/i.exec(url) ??
    // git@github.com:octo-org/agent.git, but not a Windows drive.
    /^(?:[^/@:]+@)?([^/:]{2,}):(?!\/\/)(.+)$/.exec(url) ??
    [];
  if (host === undefined || path === undefined) return undefined;
  const name = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/i, '');
  return `${host.replace(/^ssh\.(?=github\.com$)/i, '')}/${name}`.toLowerCase();
}
