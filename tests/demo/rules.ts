import { ruleBody, ruleResult, rulesList, windowSchema, windowsList } from '../../protocols/api/operation/rules.ts';
import type { Api } from '../support/api.ts';

const rule = {
  name: 'Thiết bị nóng trong giờ học',
  title: { vi: 'Thiết bị nóng trong giờ học', en: 'A device runs hot in lessons' },
  next: {
    vi: 'Mở cửa, bật quạt; nếu vẫn nóng, vệ sinh khe thoát khí sau giờ học.',
    en: 'Open the windows; if it stays hot, clean its vents after lessons.',
  },
  severity: 'minor',
  filter: {},
  condition: {
    source: { kind: 'metric', metric: 'temperature.celsius' },
    operator: 'above',
    threshold: 55,
    clear: 50,
    forMinutes: 10,
    when: 'lessons',
  },
};

const window = {
  name: 'Kiểm tra nguồn điện hằng tuần',
  startsAt: '2026-09-05T00:00:00.000Z',
  weekly: { days: [6], from: '13:00', to: '17:00', outsideLessons: true },
};

/** A rule and a weekly maintenance window of the school, where there are none. */
export async function ensureRules(api: Api, school: number): Promise<void> {
  const { rows } = await api.get('/api/v1/problem-rules', rulesList);
  if (rows.length > 0) return;
  await api.post('/api/v1/problem-rules', ruleBody.parse({ ...rule, unit: school }), ruleResult);
  const windows = await api.get('/api/v1/maintenance-windows', windowsList);
  if (windows.rows.length === 0)
    await api.post('/api/v1/maintenance-windows', { ...window, unit: school }, windowSchema);
}
