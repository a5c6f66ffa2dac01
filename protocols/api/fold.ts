/**
 * Text as search compares it: no marks, `đ` as `d`, lower case, one space between words.
 * NFD alone leaves `đ` (U+0111) whole, so it is mapped by hand.
 */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase().replace(/\s+/g, ' ').trim();
}
