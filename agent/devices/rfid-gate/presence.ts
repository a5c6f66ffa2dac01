import type { TagSighting } from '../../../protocols/llrp/reports.ts';

/** One tag in the field. */
interface PresentTag {
  readonly lastSeenMs: number;
  /** Where it is; undefined for a reader that does not tell antennas. */
  readonly antenna: number | undefined;
  /** The signal of each antenna that saw it lately. */
  readonly signals: ReadonlyMap<number, Signal>;
}

interface Signal {
  /** dBm, smoothed. */
  readonly rssi: number;
  readonly seenMs: number;
}

/** Tags in the field by their EPC, the longest unseen first. */
export type Presence = ReadonlyMap<string, PresentTag>;

export type PresenceEffect =
  /** Not seen before, or gone since. */
  | { readonly kind: 'entered'; readonly tag: TagSighting }
  | { readonly kind: 'moved'; readonly epc: string; readonly from: number; readonly to: number }
  | { readonly kind: 'departed'; readonly epc: string };

export interface PresenceStep {
  readonly presence: Presence;
  readonly effects: readonly PresenceEffect[];
}

export const nobodyPresent: Presence = new Map();

/** More tags than a gate ever has at once; beyond it the longest unseen is taken for departed. */
export const maxPresentTags = 1_000;
const maxSignals = 16;
/** Another antenna must be this much stronger: two antennas that see a tag alike must not toss it to and fro. */
const moveMarginDb = 3;
/** How much of the smoothed signal a new reading makes. */
const smoothing = 0.5;
/** What a reading counts that tells no signal. */
const unknownRssi = -128;

/** Takes the tags of one report, in its order. `nowMs` is monotonic and never goes back. */
export function observe(
  presence: Presence,
  tags: readonly TagSighting[],
  nowMs: number,
  departMs: number,
): PresenceStep {
  const swept = sweep(presence, nowMs, departMs);
  const next = new Map(swept.presence);
  const effects: PresenceEffect[] = [...swept.effects];
  for (const tag of tags) {
    const before = next.get(tag.epc);
    // Taken out first, so that the map stays in the order of when a tag was last seen.
    next.delete(tag.epc);
    if (!before) {
      effects.push(...makeRoom(next), { kind: 'entered', tag });
      next.set(tag.epc, arrive(tag, nowMs));
      continue;
    }
    const after = follow(before, tag, nowMs, departMs);
    if (after.antenna !== before.antenna && after.antenna !== undefined && before.antenna !== undefined) {
      effects.push({ kind: 'moved', epc: tag.epc, from: before.antenna, to: after.antenna });
    }
    next.set(tag.epc, after);
  }
  return { presence: next, effects };
}

/** Lets those go who have not been seen for `departMs`. */
export function sweep(presence: Presence, nowMs: number, departMs: number): PresenceStep {
  const departed = [...presence].filter(([, tag]) => nowMs - tag.lastSeenMs >= departMs);
  if (departed.length === 0) return { presence, effects: [] };
  const next = new Map(presence);
  for (const [epc] of departed) next.delete(epc);
  return { presence: next, effects: departed.map(([epc]) => ({ kind: 'departed', epc })) };
}

function makeRoom(tags: Map<string, PresentTag>): readonly PresenceEffect[] {
  const [oldest] = tags.keys();
  if (tags.size < maxPresentTags || oldest === undefined) return [];
  tags.delete(oldest);
  return [{ kind: 'departed', epc: oldest }];
}

function arrive({ antenna, rssi = unknownRssi }: TagSighting, nowMs: number): PresentTag {
  const signals = antenna === undefined ? [] : [[antenna, { rssi, seenMs: nowMs }] as const];
  return { lastSeenMs: nowMs, antenna, signals: new Map(signals) };
}

function follow(before: PresentTag, tag: TagSighting, nowMs: number, departMs: number): PresentTag {
  const seen = { ...before, lastSeenMs: nowMs };
  const { antenna, rssi = unknownRssi } = tag;
  if (antenna === undefined) return seen;
  const fresh = [...before.signals].filter(([, { seenMs }]) => nowMs - seenMs < departMs);
  const signals = new Map(fresh.slice(-maxSignals));
  const known = signals.get(antenna)?.rssi;
  const smoothed = known === undefined ? rssi : known + (rssi - known) * smoothing;
  signals.set(antenna, { rssi: smoothed, seenMs: nowMs });
  const here = before.antenna === undefined ? undefined : signals.get(before.antenna);
  const isElsewhere = here === undefined || smoothed > here.rssi + moveMarginDb;
  return { ...seen, antenna: isElsewhere ? antenna : before.antenna, signals };
}
