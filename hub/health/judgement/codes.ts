import type { CauseView } from '../../../protocols/api/causes.ts';
import type { HealthState } from '../../../protocols/api/health.ts';
import type { Label } from '../../../protocols/fleet/capabilities/index.ts';
import { conditionCodes } from './condition-codes.ts';

/** Kinds that health finds by itself; those of rules are written by who has the rules. */
export type CauseKind = Exclude<CauseView['kind'], 'rule'>;

/** One finding of health: what it makes of a device or an agent, how it is told, and what to do next. */
export interface HealthCode {
  readonly state: HealthState;
  /** The kind of problem that it opens; none for a finding that nobody must act on. */
  readonly kind?: CauseKind;
  readonly title: Label;
  readonly next: Label;
}

/** Every code that a verdict or a cause can carry. The table of the README is made from it. */
export const healthCodes = {
  'EF-1001': {
    state: 'unreachable',
    kind: 'agent-silent',
    title: { vi: 'Bộ thu thập của trường mất liên lạc', en: 'The agent of the school is silent' },
    next: {
      vi: 'Kiểm tra điện và mạng của máy mini-PC ở trường; các thiết bị sau nó sẽ tự hiện lại khi máy trở về.',
      en: 'Check power and network of the mini-PC at the school; the devices behind it return with it.',
    },
  },
  'EF-1002': {
    state: 'attention',
    title: { vi: 'Đồng hồ của bộ thu thập sai', en: "The agent's clock is wrong" },
    next: {
      vi: 'Bật đồng bộ giờ (NTP) trên máy mini-PC.',
      en: 'Turn on time synchronisation (NTP) on the mini-PC.',
    },
  },
  'EF-1003': {
    state: 'attention',
    title: {
      vi: 'Bộ thu thập đang bỏ bớt số liệu vì hàng đợi đầy',
      en: 'The agent gives up samples because its queue is full',
    },
    next: {
      vi: 'Kiểm tra đường truyền của trường: bộ thu thập gửi không kịp.',
      en: "Check the school's line: the agent cannot send fast enough.",
    },
  },
  'EF-1004': {
    state: 'unknown',
    kind: 'quarantine',
    title: { vi: 'Bộ thu thập đang bị cách ly', en: 'The agent is in quarantine' },
    next: {
      vi: 'Xem lý do cách ly, rồi cho máy hoạt động lại hoặc thu hồi.',
      en: 'Read why it was put there, then release or revoke it.',
    },
  },
  'EF-1005': {
    state: 'unknown',
    kind: 'quarantine',
    title: { vi: 'Bộ thu thập đã bị thu hồi quyền', en: 'The access of the agent was withdrawn' },
    next: {
      vi: 'Ghi danh lại máy bằng phiếu mới, hoặc cho các thiết bị của nó thôi phục vụ.',
      en: 'Enrol the machine again with a new voucher, or retire its devices.',
    },
  },
  'EF-1011': {
    state: 'unreachable',
    kind: 'school-uplink',
    title: { vi: 'Trường mất đường truyền', en: 'The school lost its line' },
    next: {
      vi: 'Gọi cho trường hỏi điện và Internet, rồi báo nhà mạng; mọi bộ thu thập sẽ tự hiện lại.',
      en: 'Ask the school about power and Internet, then call the provider; all agents return by themselves.',
    },
  },
  'EF-1012': {
    state: 'unreachable',
    kind: 'area-silent',
    title: { vi: 'Nhiều trường trong khu vực cùng mất liên lạc', en: 'Many schools of the area fell silent together' },
    next: {
      vi: 'Hỏi điện lực và nhà mạng của khu vực trước khi đến từng trường.',
      en: 'Ask the power company and the provider of the area before going to any school.',
    },
  },
  'EF-1013': {
    state: 'unknown',
    kind: 'hub-link',
    title: { vi: 'Trung tâm không nghe thấy trường nào', en: 'The hub hears no school at all' },
    next: {
      vi: 'Kiểm tra đường truyền, tường lửa và tên miền của trung tâm; trạng thái của các trường giữ như lúc trước đó.',
      en: 'Check line, firewall and name of the hub; what is shown of the schools is how they were before.',
    },
  },
  'EF-2001': {
    state: 'unknown',
    title: { vi: 'Chưa đủ dữ liệu', en: 'Not enough is known yet' },
    next: {
      vi: 'Thiết bị mới thêm: chờ vài phút, hoặc bấm Kiểm tra lại.',
      en: 'The device is new: wait some minutes, or probe it now.',
    },
  },
  'EF-2002': {
    state: 'stale',
    kind: 'device-attention',
    title: { vi: 'Thiết bị không gửi số liệu mới', en: 'No fresh report from the device' },
    next: {
      vi: 'Bấm Kiểm tra lại; nếu vẫn vậy, xem nhật ký của bộ thu thập.',
      en: "Probe it now; if nothing changes, read the agent's log.",
    },
  },
  'EF-2101': {
    state: 'unreachable',
    kind: 'device-unreachable',
    title: { vi: 'Không kết nối được thiết bị', en: 'The device does not answer' },
    next: {
      vi: 'Kiểm tra nguồn điện và dây mạng của thiết bị.',
      en: 'Check power and network cable of the device.',
    },
  },
  'EF-2102': {
    state: 'unreachable',
    kind: 'device-unreachable',
    title: { vi: 'Nhiều thiết bị của trường cùng mất kết nối', en: 'Many devices of the school stopped answering' },
    next: {
      vi: 'Kiểm tra switch và nguồn điện chung của trường trước từng thiết bị.',
      en: "Check the school's switch and its power before each single device.",
    },
  },
  'EF-2103': {
    state: 'attention',
    kind: 'device-attention',
    title: {
      vi: 'Thiết bị có mạng nhưng dịch vụ không trả lời',
      en: 'The device is on the network, its service does not answer',
    },
    next: {
      vi: 'Bật tính năng điều khiển qua mạng trên thiết bị, hoặc khởi động lại thiết bị.',
      en: 'Turn on network control at the device, or restart it.',
    },
  },
  'EF-2104': {
    state: 'expected-off',
    title: { vi: 'Thiết bị đang tắt, đúng theo lịch', en: 'The device is off, as planned' },
    next: {
      vi: 'Không cần làm gì; nếu thiết bị vẫn tắt khi vào tiết, hệ thống sẽ báo.',
      en: 'Nothing to do; it is told when the device stays off into a lesson.',
    },
  },
  'EF-2105': {
    state: 'unreachable',
    kind: 'switch-down',
    title: {
      vi: 'Switch và các thiết bị sau nó ngừng trả lời',
      en: 'A switch stopped answering, and what hangs behind it',
    },
    next: {
      vi: 'Kiểm tra nguồn điện và dây mạng của switch; các thiết bị sau nó sẽ tự hiện lại.',
      en: 'Check power and cable of the switch; the devices behind it return with it.',
    },
  },
  'EF-2201': {
    state: 'attention',
    kind: 'credentials',
    title: { vi: 'Thiết bị từ chối mật khẩu', en: 'The device refuses our credentials' },
    next: {
      vi: 'Nhập lại tên và mật khẩu của thiết bị.',
      en: 'Enter the name and password of the device again.',
    },
  },
  'EF-2301': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Nguồn sáng báo lỗi', en: 'The light source reports an error' },
    next: {
      vi: 'Tắt thiết bị cho nguội rồi bật lại; nếu vẫn không sáng, thay đèn hoặc báo bảo hành.',
      en: 'Let it cool down and turn it on again; if it stays dark, change the lamp or call service.',
    },
  },
  'EF-2302': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Nguồn sáng cảnh báo', en: 'The light source warns' },
    next: {
      vi: 'Xem số giờ đèn đã dùng và chuẩn bị đèn thay.',
      en: 'Look at the hours of the lamp and have a new one ready.',
    },
  },
  'EF-2303': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Thiết bị quá nóng', en: 'The device is too hot' },
    next: {
      vi: 'Tắt thiết bị cho nguội, kiểm tra quạt và khe thoát khí.',
      en: 'Let it cool down, check fan and vents.',
    },
  },
  'EF-2304': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Thiết bị nóng hơn bình thường', en: 'The device runs hot' },
    next: { vi: 'Vệ sinh quạt và khe thoát khí.', en: 'Clean fan and vents.' },
  },
  'EF-2305': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Ổ lưu trữ gần đầy', en: 'Storage is almost full' },
    next: { vi: 'Xoá bớt dữ liệu cũ trên thiết bị.', en: 'Remove old data from the device.' },
  },
  'EF-2311': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Quạt làm mát báo lỗi', en: 'The cooling fan reports an error' },
    next: {
      vi: 'Tắt thiết bị trước khi nó quá nóng; báo bảo hành kiểm tra quạt.',
      en: 'Turn it off before it overheats; have service check the fan.',
    },
  },
  'EF-2312': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Quạt làm mát cảnh báo', en: 'The cooling fan warns' },
    next: {
      vi: 'Vệ sinh quạt và khe thoát khí; để thoáng quanh thiết bị.',
      en: 'Clean fan and vents, and leave room around the device.',
    },
  },
  'EF-2321': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Nắp máy chưa đóng', en: 'A cover is open' },
    next: {
      vi: 'Đóng kín nắp đèn, nắp lưới lọc và nắp ống kính, rồi bật lại thiết bị.',
      en: 'Close the covers of lamp, filter and lens, then turn the device on again.',
    },
  },
  'EF-2322': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Nắp máy có thể chưa đóng kín', en: 'A cover may not be closed' },
    next: { vi: 'Kiểm tra các nắp của thiết bị và đóng kín.', en: 'Check the covers of the device and close them.' },
  },
  'EF-2331': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Lưới lọc bụi báo lỗi', en: 'The dust filter reports an error' },
    next: {
      vi: 'Tắt thiết bị, vệ sinh hoặc thay lưới lọc, lắp lại đúng vị trí.',
      en: 'Turn it off, clean or change the filter, and seat it well.',
    },
  },
  'EF-2332': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Lưới lọc bụi cần vệ sinh', en: 'The dust filter needs cleaning' },
    next: {
      vi: 'Vệ sinh lưới lọc, rồi đặt lại bộ đếm giờ lọc trên thiết bị.',
      en: 'Clean the filter, then reset its hour counter at the device.',
    },
  },
  'EF-2391': {
    state: 'fault',
    kind: 'device-fault',
    title: { vi: 'Thiết bị báo lỗi ở bộ phận khác', en: 'The device reports an error in another part' },
    next: {
      vi: 'Xem đèn báo trên thiết bị; tắt rồi bật lại, báo bảo hành nếu lỗi còn.',
      en: 'Look at its signal lights; turn it off and on, and call service if the error stays.',
    },
  },
  'EF-2392': {
    state: 'attention',
    kind: 'device-attention',
    title: { vi: 'Thiết bị cảnh báo ở bộ phận khác', en: 'The device warns of another part' },
    next: {
      vi: 'Xem đèn báo trên thiết bị và tài liệu của hãng.',
      en: "Look at its signal lights and the maker's manual.",
    },
  },
  ...conditionCodes,
} as const satisfies Record<string, HealthCode>;

export type HealthCodeName = keyof typeof healthCodes;

/** The code behind a text from the database; undefined for one that this version does not know. */
export function findCode(name: string | null | undefined): HealthCodeName | undefined {
  return name && Object.hasOwn(healthCodes, name) ? (name as HealthCodeName) : undefined;
}

/** The kind of problem that a code opens. */
export function kindOf(code: HealthCodeName | undefined): CauseKind | undefined {
  const entry: HealthCode | undefined = code && healthCodes[code];
  return entry?.kind;
}

/** What a code of the database says; undefined for one that is not of health. */
export function codeOf(name: string): HealthCode | undefined {
  const code = findCode(name);
  return code && healthCodes[code];
}
