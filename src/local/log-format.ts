import type { Instruction } from '../api/types.ts';

/** `[prefix] text [hash]`, with `CACHED ` in front of a layer from the cache. */
export function layerHeader(prefix: string, text: string, hash: string, cached: boolean): string {
  return `${cached ? 'CACHED ' : ''}[${prefix}] ${text} [${hash}]`;
}

/** A step as its header shows it: upper-case type, arguments joined by a space (empty ones included). */
export function stepText(step: Instruction): string {
  return `${step.type.toUpperCase()} ${(step.args ?? []).join(' ')}`;
}

/** The prefix of a step's header and output: `builder 3/7`. Both numbers count from 1. */
export function stepPrefix(number: number, total: number): string {
  return `builder ${number}/${total}`;
}

/**
 * Output of a command as the service logs it: split at line feeds (a carriage return stays inside its
 * line), trimmed on both sides, blank lines dropped.
 */
export function outputLines(id: string, stream: 'stdout' | 'stderr', chunk: string): string[] {
  const lines: string[] = [];
  for (const line of chunk.split('\n')) {
    const trimmed = line.trim();
    if (trimmed !== '') lines.push(`[${id}] [${stream}]: ${trimmed}`);
  }
  return lines;
}

/** Milliseconds as the service writes durations, whole seconds: `0s`, `59s`, `1m13s`, `1h0m0s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [`${seconds % 60}s`];
  if (seconds >= 60) parts.unshift(`${Math.floor(seconds / 60) % 60}m`);
  if (seconds >= 3600) parts.unshift(`${Math.floor(seconds / 3600)}h`);
  return parts.join('');
}
