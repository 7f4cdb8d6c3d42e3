import { createHash, randomBytes } from 'node:crypto';
import { isContentTag } from './content-tag.ts';

/**
 * The tags that the action keeps for itself. Content tags say what a build is made of. A candidate tag is the only tag
 * of a build that waits for its test. A passed tag says which test a build has passed. A failed tag marks a build that
 * did not pass its test and that the service finds all the same. Nobody can ask for one of them.
 */

const candidateForm = /^candidate-\d+-\d+-[0-9a-f]{12}$/;
const passedForm = /^passed-[0-9a-f]{64}$/;
const failedForm = /^failed-[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/;

/** A candidate tag that no other run has, nor another build of this run: `candidate-<run>-<attempt>-<random>`. */
export function candidateTag({ run, attempt }: { readonly run: number; readonly attempt: number }): string {
  return `candidate-${run}-${attempt}-${randomBytes(6).toString('hex')}`;
}

/**
 * The tag of a build of this content that has passed this test: `passed-<hash>`. Another test, or another content, has
 * another tag.
 *
 * @param fingerprint - 64 lower-case hex digits
 * @param test - everything that decides what is tested
 */
export function passedTag(fingerprint: string, test: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([fingerprint, ...test]));
  return `passed-${hash.digest('hex')}`;
}

/** The tag of this build and no other, if it did not pass its test: `failed-<buildId>`. */
export function failedTag(buildId: string): string {
  return `failed-${buildId.toLowerCase()}`;
}

/** Whether the service would read a tag as a candidate tag. It trims tags and converts them to lower case. */
export function isCandidateTag(tag: string): boolean {
  return candidateForm.test(folded(tag));
}

/** Whether the service would read a tag as a passed tag. */
export function isPassedTag(tag: string): boolean {
  return passedForm.test(folded(tag));
}

/** Whether a tag is one of the action's own, which say nothing to people. */
export function isReservedTag(tag: string): boolean {
  return isContentTag(tag) || isCandidateTag(tag) || isPassedTag(tag) || failedForm.test(folded(tag));
}

function folded(tag: string): string {
  return tag.trim().toLowerCase();
}
