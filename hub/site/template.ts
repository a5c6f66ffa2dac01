import { type SheetToWrite, writeWorkbook } from '../sheets/index.ts';

/** The workbook for the rooms and devices of a school; `families` are what may be chosen as the kind of a device. */
export function siteTemplate(families: readonly string[]): Promise<Buffer> {
  const rooms: SheetToWrite = {
    name: 'Phòng',
    header: ['Dãy nhà', 'Tầng', 'Phòng', 'Mã phòng'],
    rows: [],
    widths: [18, 10, 24, 14],
  };
  const header = [
    'Tên thiết bị',
    'Phòng',
    'Loại thiết bị',
    'Địa chỉ mạng',
    'Cổng',
    'Tài khoản',
    'Mật khẩu',
    'Cài đặt',
    'Số sê-ri',
    'Bộ thu thập',
  ];
  const devices: SheetToWrite = {
    name: 'Thiết bị',
    header,
    rows: [],
    widths: [26, 16, 24, 18, 8, 16, 16, 28, 18, 20],
    choices: new Map([[2, families]]),
  };
  const example: SheetToWrite = {
    name: 'Ví dụ',
    header: ['Trang tính', 'Cột', 'Ghi thế nào'],
    rows: [
      ['Phòng', 'Dãy nhà', 'A (bỏ trống nếu phòng thuộc thẳng trường)'],
      ['Phòng', 'Tầng', '2'],
      ['Phòng', 'Phòng', 'Phòng 7'],
      ['Phòng', 'Mã phòng', 'A207'],
      ['Thiết bị', 'Tên thiết bị', 'Máy chiếu phòng 7'],
      ['Thiết bị', 'Phòng', 'A207 (mã hoặc tên phòng; bỏ trống nếu đặt chung ở trường)'],
      ['Thiết bị', 'Loại thiết bị', 'chọn trong danh sách'],
      ['Thiết bị', 'Địa chỉ mạng', '192.168.1.20'],
      ['Thiết bị', 'Cổng', '4352 (bỏ trống nếu theo mặc định)'],
      ['Thiết bị', 'Cài đặt', 'ten=gia-tri; ten2=gia-tri2, hoặc một đối tượng JSON'],
      ['Thiết bị', 'Mật khẩu', 'được niêm phong khi nhập và không hiện lại: hãy xoá tệp này sau khi nhập'],
      ['Thiết bị', 'Bộ thu thập', 'chỉ cần khi trường có nhiều máy thu thập'],
    ],
    widths: [14, 18, 70],
  };
  return writeWorkbook([rooms, devices, example]);
}
