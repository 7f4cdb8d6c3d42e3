import { randomInt } from 'node:crypto';

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
const form = /^live-check-[a-z0-9]{12}$/;

/** The name of the one template that a run makes and removes. */
export type OwnName = string & { readonly ownName: unique symbol };

/** A name that no other run has. */
export function makeOwnName(): OwnName {
  const random = Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('');
  return `live-check-${random}` as OwnName;
}

/** Whether a text has the form of such a name. */
export function isOwnName(name: string): name is OwnName {
  return form.test(name);
}
