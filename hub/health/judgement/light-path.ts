import type { CapabilityState, Label } from '../../../protocols/fleet/capabilities/index.ts';
import type { HealthCodeName } from './codes.ts';

/** What a device says of one of its parts, by the words of the capability `lamp` or by its own. */
export type PartError = CapabilityState<'lamp'>['errors'][number] & { readonly message?: string | undefined };

interface Part {
  readonly name: Label;
  readonly codes: Readonly<Record<PartError['level'], HealthCodeName>>;
}

/** Parts that have words of their own. What brings others down stands before what follows from it: a fan before heat. */
const parts = {
  cover: { name: { vi: 'Nắp máy', en: 'The cover' }, codes: { error: 'EF-2321', warning: 'EF-2322' } },
  fan: { name: { vi: 'Quạt làm mát', en: 'The cooling fan' }, codes: { error: 'EF-2311', warning: 'EF-2312' } },
  lamp: { name: { vi: 'Nguồn sáng', en: 'The light source' }, codes: { error: 'EF-2301', warning: 'EF-2302' } },
  filter: { name: { vi: 'Lưới lọc bụi', en: 'The dust filter' }, codes: { error: 'EF-2331', warning: 'EF-2332' } },
  temperature: { name: { vi: 'Nhiệt độ', en: 'The temperature' }, codes: { error: 'EF-2303', warning: 'EF-2304' } },
  other: { name: { vi: 'Bộ phận khác', en: 'Another part' }, codes: { error: 'EF-2391', warning: 'EF-2392' } },
} as const satisfies Record<string, Part>;

/** The same part by another word. A map, for a device may call a part `constructor`. */
const aliases: ReadonlyMap<string, keyof typeof parts> = new Map([['backlight', 'lamp']]);

/** Names of parts that have no code of their own. */
const names: ReadonlyMap<string, Label> = new Map([
  ['battery', { vi: 'Pin', en: 'The battery' }],
  ['tamper', { vi: 'Chống tháo gỡ', en: 'The tamper contact' }],
  ['device', { vi: 'Thiết bị', en: 'The device' }],
  ['brightness-sensor', { vi: 'Cảm biến ánh sáng', en: 'The brightness sensor' }],
]);

const order = Object.keys(parts) as readonly (keyof typeof parts)[];

function partOf(word: string): keyof typeof parts {
  return order.find((part) => part === word) ?? aliases.get(word) ?? 'other';
}

/** The finding of the worst error: errors before warnings, and among them what is likely the root of the rest. */
export function codeOfErrors(errors: readonly PartError[]): HealthCodeName | undefined {
  const rankOf = ({ part, level }: PartError) => (level === 'error' ? 0 : order.length) + order.indexOf(partOf(part));
  const [worst] = [...errors].sort((a, b) => rankOf(a) - rankOf(b));
  return worst && parts[partOf(worst.part)].codes[worst.level];
}

/** One error in plain words. A part that has none is named as the device names it. */
export function wordsOfError({ part, level, message }: PartError): Label {
  const known = partOf(part);
  const foreign = known === 'other' && part !== 'other';
  const own = names.get(part) ?? { vi: `Bộ phận “${part}”`, en: `The part “${part}”` };
  const name: Label = foreign ? own : parts[known].name;
  const more = message ? `: ${message}` : '';
  return level === 'error'
    ? { vi: `${name.vi} báo lỗi${more}`, en: `${name.en} reports an error${more}` }
    : { vi: `${name.vi} cảnh báo${more}`, en: `${name.en} warns${more}` };
}
