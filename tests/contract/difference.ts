/** One place where a frozen contract and the present one are not the same. */
export interface Difference {
  readonly path: string;
  /** `addition` is what a reader of the old contract survives; all else breaks somebody. */
  readonly kind: 'addition' | 'removal' | 'change';
  readonly text: string;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Every difference between two JSON documents, in the order of their paths. */
export function differences(frozen: Json, present: Json, path = ''): readonly Difference[] {
  if (isObject(frozen) && isObject(present)) return ofObjects(frozen, present, path);
  if (Array.isArray(frozen) && Array.isArray(present)) return ofArrays(frozen, present, path);
  if (frozen === present) return [];
  return [{ path, kind: 'change', text: `${short(frozen)} became ${short(present)}` }];
}

function ofObjects(
  frozen: { readonly [key: string]: Json },
  present: { readonly [key: string]: Json },
  path: string,
): readonly Difference[] {
  return [...new Set([...Object.keys(frozen), ...Object.keys(present)])]
    .sort()
    .flatMap((key): readonly Difference[] => {
      const here = `${path}/${key}`;
      const [before, after] = [frozen[key], present[key]];
      if (before === undefined) {
        // A new limit on what was free is no addition: a new keyword beside others narrows them.
        const narrows = [
          'required',
          'maxLength',
          'minLength',
          'pattern',
          'maximum',
          'minimum',
          'maxItems',
          'minItems',
          'enum',
        ];
        const isKeyword = narrows.includes(key) && !path.endsWith('/properties');
        return [{ path: here, kind: isKeyword ? 'change' : 'addition', text: `new: ${short(after ?? null)}` }];
      }
      if (after === undefined) return [{ path: here, kind: 'removal', text: `gone: ${short(before)}` }];
      return differences(before, after, here);
    });
}

function ofArrays(frozen: readonly Json[], present: readonly Json[], path: string): readonly Difference[] {
  if (/\/(required|enum)$/.test(path)) return ofSets(frozen, present, path);
  const shared = Math.min(frozen.length, present.length);
  return [
    ...Array.from({ length: shared }, (_, i) =>
      differences(frozen[i] ?? null, present[i] ?? null, `${path}/${i}`),
    ).flat(),
    ...present.slice(shared).map((value, i) => ({
      path: `${path}/${shared + i}`,
      kind: 'addition' as const,
      text: `new: ${short(value)}`,
    })),
    ...frozen.slice(shared).map((value, i) => ({
      path: `${path}/${shared + i}`,
      kind: 'removal' as const,
      text: `gone: ${short(value)}`,
    })),
  ];
}

/** A new word in `enum` is an addition; a new one in `required` refuses whoever does not know it yet. */
function ofSets(frozen: readonly Json[], present: readonly Json[], path: string): readonly Difference[] {
  const added = path.endsWith('/enum') ? ('addition' as const) : ('change' as const);
  return [
    ...present.filter((v) => !frozen.includes(v)).map((v) => ({ path, kind: added, text: `new: ${short(v)}` })),
    ...frozen
      .filter((v) => !present.includes(v))
      .map((v) => ({ path, kind: 'removal' as const, text: `gone: ${short(v)}` })),
  ];
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function short(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
