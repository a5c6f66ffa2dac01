/** A piece of a stream, and what takes its place; each character is one byte. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** What must change in a stream; each character of `stream` is one byte. */
export type Rewrite = (stream: string) => readonly Edit[];

/**
 * Applies edits to a stream that came in chunks, also where an edit spans two of them. The chunks stay the same number,
 * so that what was said when is still seen. Of edits that overlap, the first counts.
 */
export function rewriteChunks(chunks: readonly Uint8Array[], rewrite: Rewrite): readonly Uint8Array[] {
  const stream = Buffer.concat(chunks).toString('latin1');
  const edits = ordered(rewrite(stream));
  if (edits.length === 0) return chunks;
  const { text, place } = applyEdits(stream, edits);
  const written = Buffer.from(text, 'latin1');
  let before = 0;
  return chunks.map((chunk) => {
    const from = place(before);
    before += chunk.length;
    return written.subarray(from, place(before));
  });
}

/** The same for one piece of text. */
export function rewriteText(text: string, rewrite: Rewrite): string {
  const [bytes] = rewriteChunks([Buffer.from(text)], rewrite);
  return Buffer.from(bytes ?? []).toString();
}

function ordered(edits: readonly Edit[]): readonly Edit[] {
  let end = 0;
  return [...edits]
    .sort((a, b) => a.from - b.from || b.to - a.to)
    .filter(({ from, to }) => {
      const isFree = from >= end;
      if (isFree) end = to;
      return isFree;
    });
}

function applyEdits(stream: string, edits: readonly Edit[]) {
  const parts: string[] = [];
  /** Where each edit ends, before and after. */
  const marks: { readonly from: number; readonly to: number; readonly end: number }[] = [];
  let at = 0;
  let length = 0;
  for (const { from, to, by } of edits) {
    parts.push(stream.slice(at, from), by);
    length += from - at + by.length;
    marks.push({ from, to, end: length });
    at = to;
  }
  parts.push(stream.slice(at));
  /** Where a place of the old stream is in the new one; inside an edit it is its end. */
  const place = (old: number): number => {
    const last = marks.findLast(({ from }) => from < old);
    return last === undefined ? old : last.end + Math.max(0, old - last.to);
  };
  return { text: parts.join(''), place };
}

/** Edits for every match of a pattern whose named group `secret` is what changes, or the whole match without one. */
export function editMatches(stream: string, pattern: RegExp, by: (found: string) => string): readonly Edit[] {
  return [...stream.matchAll(new RegExp(pattern.source, `${pattern.flags.replace('d', '')}d`))].flatMap((match) => {
    const [from, to] = match.indices?.groups?.['secret'] ?? match.indices?.[0] ?? [0, 0];
    return to > from ? [{ from, to, by: by(stream.slice(from, to)) }] : [];
  });
}

/** Edits for every occurrence of `wanted`. */
export function editOccurrences(stream: string, wanted: string, by: string): readonly Edit[] {
  const edits: Edit[] = [];
  for (let at = stream.indexOf(wanted); wanted !== '' && at >= 0; at = stream.indexOf(wanted, at + wanted.length)) {
    edits.push({ from: at, to: at + wanted.length, by });
  }
  return edits;
}
