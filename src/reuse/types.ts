import type { BuildOptions } from '../driver/build.ts';

/** `auto` takes a build of the same content where there is one; `require` never builds. */
export type Reuse = 'auto' | 'never' | 'require';

export interface ReuseOptions extends BuildOptions {
  readonly reuse: Reuse;
}

/** Nothing was built, as `require` demands. `why` is a sentence without its full stop. */
export interface NotPublished {
  readonly notPublished: string;
}
