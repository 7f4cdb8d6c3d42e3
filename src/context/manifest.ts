/** One file, directory or link that a COPY sends. */
export interface ManifestEntry {
  /** Path relative to the context directory, with forward slashes, no leading `./`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Bytes; 0 for directories and links. */
  readonly size: number;
  /** The owner's execute bit, the only mode bit that is the same in a checkout on every machine. */
  readonly executable: boolean;
  /** The file's own permission bits, when it is sent with wider access or loses setuid or setgid. */
  readonly narrowerMode?: number;
  /** Target of a symbolic link as written. */
  readonly target?: string;
  /** Regular files: SHA-256 of the content as 64 lower-case hex digits. */
  readonly digest?: string;
}

/** What one COPY sends: sorted entries and a hash, which is the same on every machine for the same content. */
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

/** The mode with which an entry is sent. It depends on the execute bit alone, which is all that a checkout keeps. */
export function sentMode(entry: { readonly executable: boolean }): number {
  return entry.executable ? 0o755 : 0o644;
}

/**
 * An entry's own mode, when sending it loses a setting: group or others could read it, or setuid or setgid is dropped.
 * Bits that this machine's umask removes from every file do not count.
 */
export function narrowerMode(
  mode: number,
  entry: { readonly executable: boolean },
): Pick<ManifestEntry, 'narrowerMode'> {
  if (process.platform === 'win32') return {};
  const opened = sentMode(entry) & 0o077 & ~process.umask() & ~mode;
  return opened !== 0 || (mode & 0o6000) !== 0 ? { narrowerMode: mode } : {};
}
