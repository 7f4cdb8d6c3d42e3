/** One file, directory or link that a COPY sends. */
export interface ManifestEntry {
  /** Path relative to the context directory, with forward slashes, no leading `./`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Bytes; 0 for directories and links. */
  readonly size: number;
  /** The owner's execute bit: the only mode bit that a checkout keeps the same on every machine. */
  readonly executable: boolean;
  /** Permission bits, where what is sent is open to more people or has lost setuid or setgid. */
  readonly narrowerMode?: number;
  /** Target of a symbolic link as written. */
  readonly target?: string;
  /** Regular files: SHA-256 of the content as 64 lower-case hex digits. */
  readonly digest?: string;
}

/** What one COPY sends: sorted entries, and a hash that is the same on every machine for the same content. */
export interface FileManifest {
  /** The COPY source as written in the definition. */
  readonly source: string;
  readonly contextDirectory: string;
  readonly entries: readonly ManifestEntry[];
  /** Number of regular files and links. */
  readonly fileCount: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
  /** SHA-256 as 64 lower-case hex digits. */
  readonly hash: string;
}

/** The mode with which an entry is sent, whatever its own: a checkout keeps no other bit than the owner's `x`. */
export function sentMode(entry: { readonly executable: boolean }): number {
  return entry.executable ? 0o755 : 0o644;
}

/**
 * An entry's own mode, where sending takes away what somebody has set: group or others get to read it, or setuid and
 * setgid are lost. What the umask of this machine keeps back from every file says nothing about one of them.
 */
export function narrowerMode(
  mode: number,
  entry: { readonly executable: boolean },
): Pick<ManifestEntry, 'narrowerMode'> {
  if (process.platform === 'win32') return {};
  const opened = sentMode(entry) & 0o077 & ~process.umask() & ~mode;
  return opened !== 0 || (mode & 0o6000) !== 0 ? { narrowerMode: mode } : {};
}
