import { defineTexts } from './define.ts';

/** Overview and problems. */
export const overviewTexts = defineTexts({
  'overview.at': { vi: 'tính đến {{time}}', en: 'as of {{time}}' },
  'overview.what': { vi: 'số liệu tổng quan', en: 'the overview' },
  'overview.numbers': { vi: 'Bốn con số chính', en: 'Four main numbers' },
  'overview.causes': { vi: 'Sự cố đang mở', en: 'Open problems' },
  'overview.causes.note': {
    vi: '{{affected, number}} trên {{total, number}} trường bị ảnh hưởng',
    en: '{{affected, number}} of {{total, number}} schools affected',
  },
  'overview.wrong': { vi: 'Thiết bị cần xem', en: 'Devices to look at' },
  'overview.wrong.note': { vi: 'trên {{total, number}} thiết bị', en: 'of {{total, number}} devices' },
  'overview.silent': { vi: 'Bộ thu thập im lặng', en: 'Silent agents' },
  'overview.silent.note': { vi: 'trên {{total, number}} bộ thu thập', en: 'of {{total, number}} agents' },
  'overview.proposals': { vi: 'Thiết bị mới chờ nhận', en: 'New devices to adopt' },
  'overview.proposals.note': { vi: 'tìm thấy trong mạng các trường', en: 'found on the schools’ networks' },
  'overview.health': { vi: 'Tình trạng thiết bị', en: 'Health of devices' },
  'overview.health.of': { vi: '{{state}}: {{count, number}}', en: '{{state}}: {{count, number}}' },
  'overview.now': { vi: 'Đang có vấn đề', en: 'What is wrong now' },
  'overview.allCauses': { vi: 'Xem tất cả {{count, number}}', en: 'See all {{count, number}}' },
  'overview.calm': { vi: 'Không có sự cố nào', en: 'Nothing is wrong' },
  'overview.calm.text': {
    vi: 'Khi một bộ thu thập im lặng hoặc thiết bị báo lỗi, sự cố hiện ra ở đây, mỗi nguyên nhân một dòng.',
    en: 'When an agent falls silent or a device reports a fault, it shows here, one row for each cause.',
  },
  'overview.quarantine': {
    vi: 'Trong 24 giờ qua có {{count, number}} bản tin không nhận được, đã cách ly.',
    en: '{{count, number}} messages could not be taken in the last 24 hours and are in quarantine.',
    enOne: '{{count, number}} message could not be taken in the last 24 hours and is in quarantine.',
  },
  'overview.start': { vi: 'Bắt đầu với trường đầu tiên', en: 'Start with the first school' },
  'overview.start.unit': { vi: 'Thêm trường và các phòng.', en: 'Add the school and its rooms.' },
  'overview.start.voucher': {
    vi: 'Cấp phiếu ghi danh và chạy một lệnh trên máy tính nhỏ đặt tại trường.',
    en: 'Issue a voucher and run one command on the mini-PC at the school.',
  },
  'overview.start.adopt': {
    vi: 'Bộ thu thập tự tìm thiết bị trong mạng; bạn xem rồi nhận.',
    en: 'The agent finds the devices on the network; you review and adopt them.',
  },

  'cause.what': { vi: 'danh sách sự cố', en: 'the list of problems' },
  'cause.open': { vi: 'Đang mở', en: 'Open' },
  'cause.resolved': { vi: 'Đã hết', en: 'Resolved' },
  'cause.state': { vi: 'Trạng thái sự cố', en: 'State of problems' },
  'cause.affected': {
    vi: 'ảnh hưởng {{count, number}} thiết bị',
    en: 'affects {{count, number}} devices',
    enOne: 'affects {{count, number}} device',
  },
  'cause.affectedPeak': {
    vi: 'lúc nhiều nhất {{count, number}} thiết bị',
    en: 'at most {{count, number}} devices',
    enOne: 'at most {{count, number}} device',
  },
  'cause.lasted': { vi: 'kéo dài {{duration}}', en: 'lasted {{duration}}' },
  'cause.next': { vi: 'Nên làm', en: 'What to do' },
  'cause.hint': { vi: 'Nhiều khả năng', en: 'Most likely' },
  'cause.why': { vi: 'Căn cứ', en: 'Evidence' },
  'cause.see.device': { vi: 'Xem thiết bị', en: 'See device' },
  'cause.see.agent': { vi: 'Xem bộ thu thập', en: 'See agent' },
  'cause.see.devices': { vi: 'Xem các thiết bị', en: 'See devices' },
  'cause.search': { vi: 'Tìm sự cố theo tên thiết bị, trường', en: 'Search problems by device or school' },
  'cause.noneResolved': { vi: 'Chưa có sự cố nào đã hết', en: 'No problem has been resolved yet' },
});
