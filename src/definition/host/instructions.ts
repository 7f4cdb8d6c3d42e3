/** The SDK's private list of instructions; empty where a version keeps it differently. */
export function instructionsOf(template: object): readonly object[] {
  const instructions: unknown = Reflect.get(template, 'instructions');
  return Array.isArray(instructions) ? instructions : [];
}
