/**
 * Why the digest of an image is not known. The message is the end of a sentence and says nothing that a server
 * said, names of hosts and numbers of its answers aside.
 */
export class NotKnown extends Error {
  override readonly name = 'NotKnown';
  readonly verdict: RegistryVerdict | undefined;

  constructor(message: string, verdict?: RegistryVerdict) {
    super(message);
    this.verdict = verdict;
  }
}

/** What a registry says of an image: that there is none, or that it does not give it to who asks. */
export type RegistryVerdict = 'missing' | 'refused';
