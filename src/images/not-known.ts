/**
 * Why the digest of an image is not known. The message is the end of a sentence and says nothing that a server
 * said, names of hosts and numbers of its answers aside.
 */
export class NotKnown extends Error {
  override readonly name = 'NotKnown';
}
