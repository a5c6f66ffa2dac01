import { ProtocolError } from '../bytes/error.ts';

/** Longest output of one call; that of a log of 64 entries and of 250 sensors is some 20 KiB. */
export const maxOutputBytes = 256 * 1024;
const mostLines = 1_024;
const longestLine = 400;

/** Lines without control characters; what is beyond the bounds is left unread. */
export function linesOf(output: string): readonly string[] {
  return output
    .slice(0, maxOutputBytes)
    .split('\n', mostLines)
    .map((line) =>
      line
        .slice(0, longestLine)
        .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
        .trimEnd()
        .toWellFormed(),
    );
}

/** Lines of the form `Name : value`; the first of each name counts, and a value may hold colons. */
export function fieldsOf(output: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of linesOf(output)) {
    const match = /^\s*([^:]{1,60}?)\s*:\s*(.*)$/.exec(line);
    const name = match?.[1];
    if (name !== undefined && !fields.has(name)) fields.set(name, (match?.[2] ?? '').trim());
  }
  return fields;
}

/** The value of a field that must be there. Throws ProtocolError. */
export function requireField(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined) throw new ProtocolError('malformed', `the output has no line "${name}"`);
  return value;
}
