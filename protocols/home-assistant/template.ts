import { fieldOf } from '../bytes/json.ts';

/**
 * Where a value stands in a payload: the whole text, or the names that lead to it in JSON. Home Assistant lets devices send
 * templates of Jinja for this; nearly all of them only name a field, and no other is run here.
 */
export type ValuePath = readonly (string | number)[] | 'whole';

/** Filters that change how a number is written, not which one it is. */
const harmlessFilters = /^(float|int|round|is_defined|default|d|string|trim)(\([^()|]{0,20}\))?$/;

const step = /^(?:\.([A-Za-z_]\w{0,60})|\[(?:'([^'\]]{1,60})'|"([^"\]]{1,60})"|(\d{1,3}))\])/;

/** Reads `{{ value }}`, `{{ value_json.a['b'] | float }}` and their like; undefined for every other template. */
export function readTemplate(template: string | undefined): ValuePath | undefined {
  if (template === undefined) return 'whole';
  const expression = /^\s*\{\{-?([^{}]{1,200}?)-?\}\}\s*$/.exec(template)?.[1];
  const [source = '', ...filters] = (expression ?? '').split('|').map((part) => part.trim());
  if (!filters.every((filter) => harmlessFilters.test(filter))) return undefined;
  if (source === 'value') return 'whole';
  if (!source.startsWith('value_json')) return undefined;
  const path: (string | number)[] = [];
  let rest = source.slice('value_json'.length);
  while (rest !== '') {
    const match = step.exec(rest);
    if (!match) return undefined;
    path.push(match[4] === undefined ? (match[1] ?? match[2] ?? match[3] ?? '') : Number(match[4]));
    rest = rest.slice(match[0].length);
  }
  return path;
}

/** The value at a path of parsed JSON; undefined where there is none. */
export function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const name of path) {
    if (typeof name === 'string') value = fieldOf(value, name);
    else value = Array.isArray(value) ? value[name] : undefined;
  }
  return value;
}
