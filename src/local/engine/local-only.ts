import type { Tail } from './output.ts';

/** Words at the end of a failure that is no fault of the recipe. The diagnosis of a build looks for them. */
const LOCAL_ONLY = 'works at the service, not in a local build';

/** A reason, with the words that say that only a local build fails for it. */
export function localOnly(reason: string, because: string): string {
  return `${reason} (${LOCAL_ONLY}: ${because})`;
}

/** A reason without those words. */
export function withoutLocalOnly(reason: string): string {
  return reason.split(` (${LOCAL_ONLY}`, 1)[0] ?? reason;
}

/** What a container lacks and the service's machine has, and how programs say so. */
const lacks: readonly { readonly line: RegExp; readonly because: string }[] = [
  {
    line: /not been booted with systemd|failed to connect to bus|systemd.{0,40}not running|\b(?:systemctl|journalctl|loginctl|hostnamectl): (?:command )?not found/i,
    because: 'a container has no systemd',
  },
  {
    line: /\bu?mount\b.{0,120}(?:permission denied|operation not permitted|must be superuser)|\/dev\/fuse\b|fuse: device|\b(?:losetup|swapon|mkswap|mknod)\b.{0,80}(?:permitted|denied|failed|cannot)/i,
    because: 'a container may not mount file systems or use devices',
  },
  {
    line: /\bsysctl\b.{0,120}(?:permission denied|read-only file system|cannot)|\/proc\/sys\/.{0,120}(?:read-only|permission denied|operation not permitted)/i,
    because: "a container may not change the kernel's settings",
  },
  {
    line: /cannot connect to the docker daemon|failed to start daemon|error initializing network controller|\bdockerd\b.{0,80}(?:permitted|denied)|\b(?:newuidmap|crun|runc)\b.{0,120}(?:permitted|denied|failed)/i,
    because: 'a container cannot run another container engine',
  },
  {
    line: /\b(?:ip6?tables|nft)\b.{0,160}(?:permission denied|operation not permitted|can't initialize|fetch rule set generation)|RTNETLINK answers: operation not permitted/i,
    because: 'a container may not change network rules',
  },
  {
    line: /\bdmesg\b.{0,80}(?:operation not permitted|permission denied)|\b(?:modprobe|insmod)\b.{0,120}(?:not found|permitted|denied)|unshare.{0,60}operation not permitted/i,
    because: 'a container does not reach the kernel of its machine',
  },
  {
    line: /no space left on device|\bENOSPC\b|disk quota exceeded/i,
    because: 'the disk of this machine is full',
  },
];

const networkNeeded =
  /temporary failure (?:in name resolution|resolving)|could(?: not|n't) resolve|name or service not known|network is unreachable|\b(?:EAI_AGAIN|ENOTFOUND|ENETUNREACH)\b|no route to host/i;

/** What the local build went without. */
export interface Shortfalls {
  /** Programs that the service installs and this build could not. */
  readonly missing: readonly string[];
  readonly hasNetwork: boolean;
}

/** The reason of a failure, which says so where a local build cannot do what the service does. */
export function explainLocally(reason: string, tail: Tail, shortfalls: Shortfalls): string {
  const lines = tail.lines();
  for (const { line, because } of lacks) {
    if (lines.some((text) => line.test(text))) return localOnly(reason, because);
  }
  if (!shortfalls.hasNetwork && lines.some((text) => networkNeeded.test(text))) {
    return localOnly(reason, 'this build has no network');
  }
  const missing = shortfalls.missing.find((program) =>
    lines.some((text) => new RegExp(`\\b${program}: (?:command )?not found`).test(text)),
  );
  return missing === undefined
    ? reason
    : localOnly(reason, `${missing} is not in the image, and there was no network to install it`);
}
