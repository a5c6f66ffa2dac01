import type { CalendarTemplate } from '../../protocols/api/operation/calendar.ts';

const weekdays = [1, 2, 3, 4, 5];
const sixDays = [1, 2, 3, 4, 5, 6];

/** The usual hours of a school with lessons in the morning and the afternoon; each school has its own. */
const periods = [
  ['Tiết 1', '07:00', '07:45', sixDays],
  ['Tiết 2', '07:50', '08:35', sixDays],
  ['Tiết 3', '08:55', '09:40', sixDays],
  ['Tiết 4', '09:45', '10:30', sixDays],
  ['Tiết 5', '10:35', '11:20', sixDays],
  ['Tiết 6', '13:30', '14:15', weekdays],
  ['Tiết 7', '14:20', '15:05', weekdays],
  ['Tiết 8', '15:25', '16:10', weekdays],
] as const;

/**
 * The school year 2026-2027. Sure: opening on 5 September, 35 weeks of lessons (18 and 17) as the ministry's plan of
 * each year has them, and the holidays of the Labour Code 2019, article 112, whose dates do not move. Days of the lunar
 * year are sure as dates; how many days around them are off, the government says each autumn. All else is to be
 * confirmed by the department.
 */
const year2026: CalendarTemplate = {
  id: 'vn-2026-2027',
  name: { vi: 'Năm học 2026–2027', en: 'School year 2026–2027' },
  note: {
    vi: 'Mục "chờ xác nhận" là dự kiến: Sở Giáo dục và Đào tạo quyết định. Giờ học là ví dụ, mỗi trường sửa theo trường mình.',
    en: 'Items "to be confirmed" are a forecast: the department decides. The hours are an example, each school has its own.',
  },
  layer: {
    timeZone: 'Asia/Ho_Chi_Minh',
    terms: [
      { name: 'Học kỳ I', from: '2026-09-05', to: '2027-01-10', toConfirm: true },
      { name: 'Học kỳ II', from: '2027-01-11', to: '2027-05-22', toConfirm: true },
    ],
    periods: periods.map(([name, from, to, days]) => ({ name, from, to, days: [...days], toConfirm: true })),
    daysOff: [
      { name: 'Quốc khánh', kind: 'holiday', from: '2026-09-02', to: '2026-09-02' },
      { name: 'Nghỉ hè 2026', kind: 'break', from: '2026-06-01', to: '2026-09-04', toConfirm: true },
      { name: 'Ngày Văn hoá Việt Nam', kind: 'holiday', from: '2026-11-24', to: '2026-11-24', toConfirm: true },
      { name: 'Tết Dương lịch', kind: 'holiday', from: '2027-01-01', to: '2027-01-01' },
      { name: 'Tết Nguyên đán Đinh Mùi', kind: 'tet', from: '2027-02-01', to: '2027-02-14', toConfirm: true },
      { name: 'Giỗ Tổ Hùng Vương', kind: 'holiday', from: '2027-04-16', to: '2027-04-16' },
      { name: 'Giải phóng miền Nam', kind: 'holiday', from: '2027-04-30', to: '2027-04-30' },
      { name: 'Quốc tế Lao động', kind: 'holiday', from: '2027-05-01', to: '2027-05-01' },
      { name: 'Nghỉ hè 2027', kind: 'break', from: '2027-05-23', to: '2027-08-31', toConfirm: true },
    ],
    makeUpDays: [],
    exams: [
      { name: 'Kiểm tra cuối học kỳ I', from: '2026-12-21', to: '2026-12-26', toConfirm: true },
      { name: 'Kiểm tra cuối học kỳ II', from: '2027-05-10', to: '2027-05-15', toConfirm: true },
    ],
    cancelled: [],
  },
};

/** What a unit may begin with. */
export const calendarTemplates: readonly CalendarTemplate[] = [year2026];
