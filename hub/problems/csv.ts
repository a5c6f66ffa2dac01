import type { ProblemRow } from '../../protocols/api/operation/problems.ts';

/** A list of problems as a table for spreadsheets. */

type Language = 'vi' | 'en';

const head = {
  vi: [
    'Mức',
    'Sự cố',
    'Trường',
    'Nơi',
    'Thiết bị',
    'Bộ thu thập',
    'Ảnh hưởng',
    'Bắt đầu',
    'Kết thúc',
    'Đã nhận',
    'Người phụ trách',
    'Tắt báo đến',
    'Việc cần làm',
    'Mã',
  ],
  en: [
    'Severity',
    'Problem',
    'School',
    'Place',
    'Device',
    'Agent',
    'Touches',
    'Began',
    'Ended',
    'Acknowledged',
    'Assigned to',
    'Muted until',
    'Next step',
    'Code',
  ],
} as const;

const severityWords = {
  vi: { critical: 'Khẩn cấp', major: 'Nặng', minor: 'Nhẹ', notice: 'Lưu ý' },
  en: { critical: 'Critical', major: 'Major', minor: 'Minor', notice: 'Notice' },
} as const;

const cutOff = {
  vi: 'Danh sách bị cắt ở đây: hãy lọc hẹp hơn.',
  en: 'The list is cut off here: filter more narrowly.',
} as const;

/** RFC 4180 in UTF-8 with a byte order mark; times by the wall of Viet Nam. Vietnamese spreadsheets split at `;`. */
export function problemsCsv(
  rows: readonly ProblemRow[],
  { language, isWhole }: { readonly language: Language; readonly isWhole: boolean },
): string {
  const separator = language === 'vi' ? ';' : ',';
  const lines = rows.map((row) => [
    severityWords[language][row.severity],
    row.title[language],
    row.school?.name ?? (row.unit.kind === 'school' ? row.unit.name : ''),
    row.unit.name,
    row.device?.name ?? '',
    row.agent?.name ?? '',
    String(row.affected),
    wall(row.openedAt),
    wall(row.resolvedAt),
    wall(row.acknowledged?.at),
    row.assignee?.name ?? '',
    wall(row.muted?.until),
    row.next[language],
    row.code,
  ]);
  const all = [head[language], ...lines, ...(isWhole ? [] : [[cutOff[language]]])];
  return `\uFEFF${all.map((cells) => cells.map((text) => cell(text, separator)).join(separator)).join('\r\n')}\r\n`;
}

/** Text that a spreadsheet would run as a formula is kept as text by a leading apostrophe (CWE-1236). */
function cell(text: string, separator: string): string {
  const safe = /^\s*[=+\-@]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
  return safe.includes(separator) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const format = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Ho_Chi_Minh',
  dateStyle: 'short',
  timeStyle: 'medium',
});
function wall(at: string | undefined): string {
  return at === undefined ? '' : format.format(new Date(at));
}
