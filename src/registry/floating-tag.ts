import { parseImageReference } from './reference.ts';

/** Words that, alone or before a variant (`lts-slim`), mean the newest image and not a release. */
const movingWords = new Set(
  (
    'latest stable unstable testing edge rolling current lts mainline next tip main master trunk head dev devel ' +
    'develop development snapshot nightly daily weekly canary alpha beta rc preview insiders experimental prod ' +
    'production staging release'
  ).split(' '),
);

/** Words that mean the same after a variant or version: `alpine-latest`, `1.4-SNAPSHOT`. */
const movingEndings = new Set(['latest', 'nightly', 'snapshot']);

/** A release, a date, a build number or a commit. */
const fixedPart = /^(?:v?\d[\d.]*|(?=[a-f]*\d)[a-f\d]{7,40})$/;

/**
 * The tag of a reference when it moves by habit (`latest`, also by default, `stable`, `nightly`, `lts-slim`), else
 * `undefined`. A version also moves when its image is rebuilt, but not by habit. References with a digest do not move.
 */
export function floatingTag(image: string): string | undefined {
  const { tag, digest } = parseImageReference(image) ?? {};
  if (tag === undefined || digest !== undefined) return undefined;
  const [first = '', ...others] = tag.toLowerCase().split(/[-_]/);
  const leads = movingWords.has(first) && !others.some((part) => fixedPart.test(part));
  return leads || movingEndings.has(others.at(-1) ?? '') ? tag : undefined;
}
