import type { ManifestEntry } from './manifest.ts';

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
