import { basename } from 'node:path';

export const kindNames = ['module', 'python', 'dockerfile', 'config'] as const;

/** How a definition is written. */
export type KindName = (typeof kindNames)[number];

/** One kind of definition: how its files are known. Each is read by a module of its own in `host/`. */
export interface Kind {
  readonly name: KindName;
  /** In a sentence: `a TypeScript or JavaScript module (.ts, .mts, …)`. */
  readonly title: string;
  /** Whether a file of this name is of this kind. */
  knows(fileName: string): boolean;
  /**
   * How surely a file of this name that nobody has named is a definition: 1 is the surest; `undefined` for names that
   * are not searched for.
   *
   * @param folder - relative to the working directory, `''` for that itself
   */
  rank(fileName: string, folder: string): number | undefined;
}

/** All kinds. The first that knows a file's name reads it. */
export const kinds: readonly Kind[] = [
  {
    name: 'module',
    title: 'a TypeScript or JavaScript module (.ts, .mts, .js, .mjs, .cjs)',
    knows: (fileName) => /\.([mc]?[tj]s|[tj]sx)$/i.test(fileName),
    rank(fileName, folder) {
      if (/^template\.(ts|mts|js|mjs|cjs)$/.test(fileName)) return 1;
      return folder !== '' && /^build(\.\w+)?\.(ts|mts|js|mjs)$/.test(fileName) ? 2 : undefined;
    },
  },
  {
    name: 'python',
    title: 'a Python file (.py)',
    knows: (fileName) => /\.py$/i.test(fileName),
    rank(fileName, folder) {
      if (fileName === 'template.py') return 1;
      return folder !== '' && /^build([._]\w+)?\.py$/.test(fileName) ? 2 : undefined;
    },
  },
  {
    name: 'dockerfile',
    title: 'a Dockerfile',
    knows: (fileName) =>
      /^(.*[.-])?(dockerfile|containerfile)([.-].*)?$/i.test(fileName) && !/\.dockerignore$/i.test(fileName),
    rank(fileName, folder) {
      if (!this.knows(fileName)) return undefined;
      // At the top it is most often that of the application.
      return folder !== '' || /novita|e2b|sandbox/i.test(fileName) ? 3 : 4;
    },
  },
  {
    name: 'config',
    title: 'a config file (novita.toml, e2b.toml)',
    knows: (fileName) => /\.toml$/i.test(fileName),
    rank: (fileName) => (/^(novita|e2b)([.-].+)?\.toml$/i.test(fileName) ? 2 : undefined),
  },
];

/** The kind of a file, by its name; `undefined` for a file that no kind knows. */
export function kindOf(file: string): Kind | undefined {
  return kinds.find(({ knows }) => knows(basename(file)));
}
