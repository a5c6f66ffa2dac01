import type { Descriptor } from '../../protocols/fleet/record.ts';

/** One field of a descriptor that differs; absent before or after is undefined. */
export interface Change {
  /** `firmware`, `capabilities.power`, `parts.lamp/Lamp 1` */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Descriptor as one flat map of fields, so that a change names exactly what changed. */
function fieldsOf(descriptor: Descriptor): ReadonlyMap<string, unknown> {
  const { capabilities, parts = [], macs, ...identity } = descriptor;
  const fields = new Map<string, unknown>(Object.entries(identity).filter(([, value]) => value !== undefined));
  if (macs) fields.set('macs', [...macs].sort());
  for (const [name, { commands }] of Object.entries(capabilities))
    fields.set(`capabilities.${name}`, [...commands].sort());
  for (const part of parts) {
    const name = `parts.${part.kind}/${part.name}`;
    // Two parts of one name are told apart by their order.
    let key = name;
    for (let number = 2; fields.has(key); number++) key = `${name} (${number})`;
    fields.set(key, { serial: part.serial ?? null, detail: part.detail ?? null });
  }
  return fields;
}

/** What differs between two descriptors, field by field, in the order of field names. */
export function changesBetween(before: Descriptor, after: Descriptor): readonly Change[] {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
