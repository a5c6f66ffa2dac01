/** Crockford's base 32: no letter that reads like a digit. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The short code of a room: its number in at least four letters and a check letter, e.g. 1234 is `016JR`. It never changes
 * and is never given to another, whatever the room is called and wherever its school belongs.
 */
export function shortCodeOf(unitId: number): string {
  let text = '';
  for (let rest = unitId; rest > 0; rest = Math.floor(rest / 32)) text = (digits[rest % 32] ?? '') + text;
  const body = text.padStart(4, '0');
  return body + checkOf(body);
}

/** The number behind a short code as somebody typed it; undefined when its check letter does not fit. */
export function unitOfShortCode(text: string): number | undefined {
  const typed = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (!/^[0-9A-HJKMNP-TV-Z]{5,8}$/.test(typed) || checkOf(typed.slice(0, -1)) !== typed.at(-1)) return undefined;
  let id = 0;
  for (const letter of typed.slice(0, -1)) id = id * 32 + digits.indexOf(letter);
  return id > 0 && id <= 2_147_483_647 ? id : undefined;
}

/** Luhn's check modulo 32 (ISO/IEC 7812-1, Annex B, with more letters): finds one wrong letter and most that changed places. */
function checkOf(body: string): string {
  let sum = 0;
  for (const [index, letter] of [...body].reverse().entries()) {
    const value = digits.indexOf(letter) * (index % 2 === 0 ? 2 : 1);
    sum += Math.floor(value / 32) + (value % 32);
  }
  return digits[(32 - (sum % 32)) % 32] ?? '0';
}
