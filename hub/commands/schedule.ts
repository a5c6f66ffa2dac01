/**
 * How fast what is given to many goes out: 30 commands a minute to one school, 20 a second from all hubs. What one person
 * asks of one device goes at once, at most 120 a minute to one school.
 */
export const rates = { schoolMs: 2_000, perSecond: 20, singlesPerMinute: 120 } as const;

/** What is under way already. */
export interface Load {
  /** The last moment that is taken, by school. */
  readonly schools: ReadonlyMap<number, number>;
  /** How many go in each second, by its number since 1970. */
  readonly seconds: ReadonlyMap<number, number>;
}

/**
 * A moment for each of these, by their schools: every school in turn, none faster than its rate, all together not faster
 * than the hubs' rate. Keeps their order within a school. Pure.
 */
export function stagger(schools: readonly (number | undefined)[], load: Load, nowMs: number): number[] {
  const taken = new Map(load.seconds);
  const last = new Map(load.schools);
  const turns = turnsOf(schools);
  const order = schools.map((_, index) => index).sort((a, b) => (turns[a] ?? 0) - (turns[b] ?? 0) || a - b);
  const moments = new Array<number>(schools.length).fill(nowMs);
  for (const index of order) {
    const school = schools[index] ?? -1;
    const free = last.get(school);
    let at = Math.max(nowMs, free === undefined ? nowMs : free + rates.schoolMs);
    while ((taken.get(Math.floor(at / 1000)) ?? 0) >= rates.perSecond) at = (Math.floor(at / 1000) + 1) * 1000;
    const second = Math.floor(at / 1000);
    taken.set(second, (taken.get(second) ?? 0) + 1);
    last.set(school, at);
    moments[index] = at;
  }
  return moments;
}

/** The how-manieth of its school each one is. */
function turnsOf(schools: readonly (number | undefined)[]): number[] {
  const seen = new Map<number, number>();
  return schools.map((school = -1) => {
    const turn = seen.get(school) ?? 0;
    seen.set(school, turn + 1);
    return turn;
  });
}
