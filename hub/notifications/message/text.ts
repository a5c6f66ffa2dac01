import type { Severity } from '../decision/severity.ts';
import type { Content, Item } from './content.ts';

/** A message as people read it; pure. */

export type Language = 'vi' | 'en';

export interface Reader {
  readonly language: Language;
  readonly timeZone: string;
}

const severityWords: Readonly<Record<Severity, Readonly<Record<Language, string>>>> = {
  critical: { vi: 'Khẩn cấp', en: 'Critical' },
  major: { vi: 'Nặng', en: 'Major' },
  minor: { vi: 'Nhẹ', en: 'Minor' },
  notice: { vi: 'Lưu ý', en: 'Notice' },
};

const words = {
  over: { vi: 'Đã xong', en: 'Resolved' },
  worse: { vi: 'Lan rộng', en: 'Growing' },
  place: { vi: 'Nơi', en: 'Where' },
  since: { vi: 'Từ', en: 'Since' },
  lasted: { vi: 'Kéo dài', en: 'Lasted' },
  touches: { vi: 'Ảnh hưởng', en: 'Affects' },
  next: { vi: 'Việc nên làm', en: 'What to do' },
  more: { vi: 'và còn nữa', en: 'and more' },
  see: { vi: 'Xem trên trang', en: 'Open the page' },
  why: {
    vi: 'Bạn nhận thư này theo cách nhận thông báo bạn đã chọn. Thay đổi tại',
    en: 'You get this because of how you chose to be notified. Change it at',
  },
} as const;

const mostSubject = 160;

/** One line, without line breaks and without anything but names and titles. */
export function subjectOf(content: Content, { language }: Pick<Reader, 'language'>): string {
  return oneLine(subjectText(content, language));
}

function subjectText({ kind, items, counts, severity, words: own }: Content, language: Language): string {
  const [first] = items;
  if (own) return own.title[language];
  if (kind === 'digest' || !first) {
    const parts = [
      counts.opening + counts.update > 0 ? countText(counts.opening + counts.update, language) : undefined,
      counts.closing > 0 ? closedText(counts.closing, language) : undefined,
    ].filter((part) => part !== undefined);
    const worst = counts.opening + counts.update > 0 ? `${severityWords[severity][language]}: ` : '';
    return `${worst}${parts.join(', ')}`;
  }
  return `${severityWords[first.severity][language]}: ${first.title[language]} – ${first.place}`;
}

function countText(count: number, language: Language): string {
  if (language === 'vi') return `${count.toLocaleString('vi-VN')} sự cố`;
  return count === 1 ? '1 problem' : `${count.toLocaleString('en-GB')} problems`;
}

function closedText(count: number, language: Language): string {
  if (language === 'vi') return `${count.toLocaleString('vi-VN')} sự cố đã xong`;
  return count === 1 ? '1 problem resolved' : `${count.toLocaleString('en-GB')} problems resolved`;
}

/** The whole message as lines of plain text. `url` is the address of the dashboard, without a slash at its end. */
export function linesOf(content: Content, reader: Reader, url: string | undefined): string[] {
  const { language } = reader;
  const { kind, items, words: own } = content;
  if (own) return [own.text[language]];
  const lines = kind === 'digest' ? digestLines(content, reader) : items.flatMap((item) => itemLines(item, reader));
  if (url === undefined) return lines;
  return [...lines, '', `${words.see[language]}: ${addressOf(url, kind === 'digest' ? undefined : items[0])}`];
}

function digestLines(content: Content, reader: Reader): string[] {
  const { language } = reader;
  const { items, counts } = content;
  const lines = [subjectText(content, language), '', ...items.map((item) => digestLine(item, reader))];
  const rest = counts.opening + counts.update + counts.closing - items.length;
  if (rest > 0) lines.push(`… ${words.more[language]}: ${rest.toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB')}`);
  return lines;
}

/** What stands below an e-mail. */
export function footerOf({ language }: Reader, url: string | undefined): string[] {
  return url === undefined ? [] : ['', '--', `${words.why[language]} ${url}/notifications/settings`];
}

/** Where the page shows it: the one problem, or all of them. */
export function addressOf(url: string, item: Pick<Item, 'causeId'> | undefined): string {
  return item ? `${url}/causes/${encodeURIComponent(item.causeId)}` : `${url}/causes`;
}

function itemLines(item: Item, reader: Reader): string[] {
  const { language } = reader;
  const head = headOf(item, language);
  const lines = [`${head}: ${item.title[language]}`];
  lines.push(`${words.place[language]}: ${placeOf(item)}`);
  if (item.what === 'closing') lines.push(`${words.lasted[language]}: ${durationOf(item, language)}`);
  else {
    lines.push(`${words.since[language]}: ${timeOf(item.openedAt, reader)}`);
    if (item.affected > 1) lines.push(`${words.touches[language]}: ${devicesText(item.affected, language)}`);
    if (item.next) lines.push(`${words.next[language]}: ${item.next[language]}`);
  }
  return lines;
}

function digestLine(item: Item, reader: Reader): string {
  const { language } = reader;
  const tail = item.what === 'closing' ? durationOf(item, language) : timeOf(item.openedAt, reader);
  return `- ${headOf(item, language)}: ${item.title[language]} – ${placeOf(item)} (${tail})`;
}

function headOf({ what, severity }: Item, language: Language): string {
  if (what === 'closing') return words.over[language];
  const worse = what === 'update' ? `${words.worse[language]}, ` : '';
  return `${worse}${severityWords[severity][language]}`;
}

function placeOf({ place, about }: Item): string {
  return about === undefined ? place : `${place}, ${about}`;
}

function devicesText(count: number, language: Language): string {
  return language === 'vi' ? `${count.toLocaleString('vi-VN')} thiết bị` : `${count.toLocaleString('en-GB')} devices`;
}

function timeOf(iso: string, { language, timeZone }: Reader): string {
  return new Date(iso).toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB', {
    timeZone,
    weekday: 'short',
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** In the two largest units: `2 giờ 5 phút`. */
function durationOf({ openedAt, resolvedAt }: Item, language: Language): string {
  const minutes = Math.max(0, Math.round((Date.parse(resolvedAt ?? openedAt) - Date.parse(openedAt)) / 60_000));
  const units = [
    { size: 1_440, vi: 'ngày', en: 'd' },
    { size: 60, vi: 'giờ', en: 'h' },
    { size: 1, vi: 'phút', en: 'min' },
  ];
  const from = Math.max(
    0,
    units.findIndex(({ size }) => minutes >= size),
  );
  let rest = minutes;
  const parts = (minutes === 0 ? units.slice(-1) : units.slice(from, from + 2)).flatMap((unit) => {
    const count = Math.floor(rest / unit.size);
    rest -= count * unit.size;
    return count > 0 || unit.size === minutes || minutes === 0 ? [`${count} ${unit[language]}`] : [];
  });
  return parts.join(' ');
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim().toWellFormed();
  return flat.length <= mostSubject ? flat : `${flat.slice(0, mostSubject - 1).toWellFormed()}…`;
}

/** Simple HTML of the same lines: paragraphs, and links where a line holds an address of the dashboard. */
export function htmlOf(lines: readonly string[], language: Language, url: string | undefined): string {
  const body = lines
    .map((line) => `<p style="margin:0 0 .4em">${linked(escapeHtml(line), url) || '&nbsp;'}</p>`)
    .join('\n');
  return `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"></head><body style="font:16px/1.5 sans-serif;color:#222">\n${body}\n</body></html>\n`;
}

function linked(escaped: string, url: string | undefined): string {
  if (url === undefined) return escaped;
  const at = escaped.indexOf(escapeHtml(url));
  if (at < 0) return escaped;
  const address = escaped.slice(at);
  return `${escaped.slice(0, at)}<a href="${address}">${address}</a>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
