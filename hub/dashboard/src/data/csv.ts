/** Text that a spreadsheet would run as a formula is kept as text by a leading apostrophe (CWE-1236). */
function inert(text: string): string {
  return /^[\s]*[=+\-@]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

function cell(value: string, separator: string): string {
  const safe = inert(value);
  return safe.includes(separator) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line of RFC 4180 with its CRLF. Excel with Vietnamese settings splits at `;`, with English ones at `,`. */
export function csvLine(values: readonly string[], separator: ',' | ';'): string {
  return `${values.map((value) => cell(value, separator)).join(separator)}\r\n`;
}

/** Byte order mark: without it Excel reads UTF-8 as the local code page. */
export const csvStart = '\uFEFF';
