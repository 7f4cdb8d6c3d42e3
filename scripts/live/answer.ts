import type * as v from 'valibot';
import { parse } from '../../src/api/schemas.ts';
import type { Evidence, LiveResponse } from './service.ts';

/** What was found out. */
export interface Answer {
  /** One or two sentences. */
  readonly answer: string;
  readonly evidence: readonly Evidence[];
}

/** Why a question has no answer. The others do not depend on it. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
  readonly evidence: readonly Evidence[];

  constructor(reason: string, ...shown: readonly Shown[]) {
    super(reason);
    this.evidence = shown.map(evidenceOf);
  }
}

type Shown = LiveResponse | Evidence;

/** @param shown - the responses that say so */
export function answered(answer: string, ...shown: readonly Shown[]): Answer {
  return { answer, evidence: shown.map(evidenceOf) };
}

/** The body of a good response. Any other is the reason why a question has no answer. */
export function bodyOf<T>(response: LiveResponse, schema: v.GenericSchema<unknown, T>): T {
  const { evidence, status, ok } = response;
  if (!ok) throw new NotAnswered(`${evidence.request} was answered ${status}`, response);
  const read = parse(schema, response.body);
  if (!read.ok) throw new NotAnswered(`${evidence.request} was answered with ${read.reason}`, response);
  return read.value;
}

function evidenceOf(shown: Shown): Evidence {
  return 'evidence' in shown ? shown.evidence : shown;
}
