import type { BuildOptions } from '../driver/build.ts';

/** `auto` takes a build of the same content where there is one; `require` never builds. */
export type Reuse = 'auto' | 'never' | 'require';

export interface ReuseOptions extends BuildOptions {
  readonly reuse: Reuse;
}
