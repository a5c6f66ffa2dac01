/** Which ids fall due when, in slots: setting a time and taking what is due cost the same however many wait. */
export interface Due {
  /** An id has one time; a new one replaces the old. */
  set(id: string, atMs: number): void;
  delete(id: string): void;
  /** Takes out and returns what was due before `nowMs`, to the width of a slot late. */
  take(nowMs: number): string[];
}

export function createDue(slotMs: number): Due {
  const slots = new Map<number, Set<string>>();
  const slotOf = new Map<string, number>();
  const remove = (id: string) => {
    const slot = slotOf.get(id);
    if (slot === undefined) return;
    slotOf.delete(id);
    const ids = slots.get(slot);
    ids?.delete(id);
    if (ids?.size === 0) slots.delete(slot);
  };
  return {
    set: (id, atMs) => {
      const slot = Math.ceil(atMs / slotMs);
      if (slotOf.get(id) === slot) return;
      remove(id);
      slotOf.set(id, slot);
      const ids = slots.get(slot) ?? new Set();
      slots.set(slot, ids.add(id));
    },
    delete: remove,
    take: (nowMs) => {
      const due: string[] = [];
      for (const [slot, ids] of slots) {
        if (slot * slotMs > nowMs) continue;
        slots.delete(slot);
        for (const id of ids) {
          slotOf.delete(id);
          due.push(id);
        }
      }
      return due;
    },
  };
}
